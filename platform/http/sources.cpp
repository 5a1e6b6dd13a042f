// The non-template code of Beast and of Asio's TLS is compiled once, here.
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>

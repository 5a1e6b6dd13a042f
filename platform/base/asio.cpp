// Asio is compiled once, here, instead of in every translation unit that waits for something.
#include <boost/asio/impl/src.hpp>

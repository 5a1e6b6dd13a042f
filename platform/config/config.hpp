#pragma once

/// Everything for a service's configuration: load(), describe(), Environment and the types of settings.

#include "platform/config/environment.hpp"
#include "platform/config/load.hpp"
#include "platform/config/settings.hpp"

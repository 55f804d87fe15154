#include "muster_types.h"

/* The header must stand alone; the library's own functions are Swift. */
#include "muster_types.h"

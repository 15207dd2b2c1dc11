#include "ir/Einsum.h"

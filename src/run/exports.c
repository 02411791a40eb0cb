/* SPDX-License-Identifier: MIT */
/* Nothing of its own: CMake wants a source in a shared library that is made of the objects of the
 * rooms. */
#include "thumbs/thumbs.h"

/* libyang's version.h, which its CMake makes from src/version.h.in: the version of its interface, 2.1.30 being the package. */
#ifndef LY_VERSION_H_
#define LY_VERSION_H_

#define LY_VERSION_MAJOR 2
#define LY_VERSION_MINOR 29
#define LY_VERSION_MICRO 2
#define LY_VERSION "2.29.2"

#endif

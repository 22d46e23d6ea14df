/* src/posix/resolve.h: getaddrinfo's numbers, which are the C library's own. */
#ifndef PIER_POSIX_RESOLVE_H
#define PIER_POSIX_RESOLVE_H

#include <stddef.h>

/* Where several natives have one code, the usual one stands first. */
extern const struct pier_posix_eai_row {
  int native, error;
} pier_posix_eai[];
extern const size_t pier_posix_eai_count;

#endif

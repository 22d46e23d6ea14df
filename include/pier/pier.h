/* pier/pier.h: everything. Include it before any other header. */
#ifndef PIER_PIER_H
#define PIER_PIER_H

#include <pier/system.h>

#include <pier/address.h>
#include <pier/datagram.h>
#include <pier/error.h>
#include <pier/option.h>
#include <pier/resolve.h>
#include <pier/socket.h>
#include <pier/transfer.h>
#include <pier/wait.h>

#endif

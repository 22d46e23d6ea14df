/* pier/address.h: socket addresses as values, and as text.
 *
 * No function here makes a system call, but for the name of a zone (%eth0), and none allocates.
 * Text is strict and the same on every system: no leading zeros in decimal numbers, no spaces, no
 * short forms, no hexadecimal IPv4, nothing behind the end. IPv6 is read as RFC 4291 says, and
 * written as RFC 5952 says.
 *
 *   10.0.0.1:80            IPv4
 *   [2001:db8::1]:80       IPv6
 *   [fe80::1%eth0]:80      IPv6 with a zone: an interface's name or index
 *   *:80                   the IPv6 wildcard, for dual-stack listeners
 *   unix:/run/x.sock       AF_UNIX; the path is UTF-8 on Windows
 */
#ifndef PIER_ADDRESS_H
#define PIER_ADDRESS_H

#include <pier/error.h>
#include <pier/system.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The longest text that pier_address_format writes, with its end: enough for every address. */
#define PIER_ADDRESS_TEXT_MAX 144

/* The longest path of an AF_UNIX address on every system, without its end. */
#define PIER_UNIX_PATH_MAX 103

/* Storage for one address. Pass &a.sa and a.len to a call that takes an address. To receive one,
   set a.len to sizeof a.storage before, and pass &a.sa and &a.len. */
typedef struct pier_address {
  socklen_t len; /* of the address in use */
  PIER_EXTENSION union {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
    struct sockaddr_storage storage;
  };
} pier_address;

/* Reads an address with its port, in one of the forms above.
 *
 * text  the text, ended by a NUL.
 * out   receives the address; untouched after an error.
 *
 * Returns 0, or
 *   PIER_EINVAL        the text is malformed, or the port is missing or above 65535;
 *   PIER_ENAMETOOLONG  a path of more than PIER_UNIX_PATH_MAX bytes;
 *   PIER_ENODEV        no interface has the zone's name.
 */
PIER_API int pier_address_parse(const char *text, pier_address *out);

/* Reads an address without brackets and port: "10.0.0.1", "fe80::1%eth0", "*".
 *
 * text  the text, ended by a NUL.
 * port  0 … 65535, in host byte order.
 * out   receives the address; untouched after an error.
 *
 * Returns as pier_address_parse. A unix: path has no port, and is not taken here.
 */
PIER_API int pier_address_parse_host(const char *text, int port, pier_address *out);

/* Writes an address as pier_address_parse reads it.
 *
 * addr, len   the address. A len shorter than the family's address is PIER_EINVAL.
 * text, size  receives the text, always ended by a NUL unless size is 0; text may be NULL then.
 *             PIER_ADDRESS_TEXT_MAX bytes are always enough.
 *
 * Returns the length of the whole text without its end, as snprintf does (a result of size or more
 * says that it was cut), or
 *   PIER_EAFNOSUPPORT  neither IPv4, IPv6 nor AF_UNIX.
 *
 * Systems  An unnamed AF_UNIX address is "unix:"; a name of Linux's abstract name space is shown
 *          as "unix:@name", for people: it is not read back.
 */
PIER_API int pier_address_format(const struct sockaddr *addr, socklen_t len, char *text,
                                 size_t size);

/* Compares two addresses: family, address, port and zone, or path.
 *
 * Returns true if they are the same; false if either is NULL or of a family not listed above.
 */
PIER_API bool pier_address_equal(const pier_address *a, const pier_address *b);

/* Tells an address's port.
 *
 * Returns 0 … 65535, in host byte order, or
 *   PIER_EAFNOSUPPORT  neither IPv4 nor IPv6.
 */
PIER_API int pier_address_port(const pier_address *a);

/* Sets an address's port.
 *
 * port  0 … 65535, in host byte order.
 *
 * Returns 0, or
 *   PIER_EAFNOSUPPORT  neither IPv4 nor IPv6.
 */
PIER_API int pier_address_set_port(pier_address *a, int port);

/* Makes an AF_UNIX address of a path.
 *
 * path  1 … PIER_UNIX_PATH_MAX bytes, ended by a NUL; UTF-8 on Windows.
 * out   receives the address; untouched after an error.
 *
 * Returns 0, or
 *   PIER_EINVAL        an empty path;
 *   PIER_ENAMETOOLONG  a longer one.
 */
PIER_API int pier_address_unix(const char *path, pier_address *out);

/* Makes the wildcard address of a family: every address of this machine, to bind to.
 *
 * family  AF_INET or AF_INET6.
 * port    0 … 65535, in host byte order.
 * out     receives the address; untouched after an error.
 *
 * Returns 0, or
 *   PIER_EAFNOSUPPORT  another family.
 */
PIER_API int pier_address_any(int family, int port, pier_address *out);

/* Makes the loopback address of a family: 127.0.0.1 or ::1.
 *
 * family, port, out  as in pier_address_any.
 *
 * Returns 0, or
 *   PIER_EAFNOSUPPORT  another family.
 */
PIER_API int pier_address_loopback(int family, int port, pier_address *out);

/* Turns an IPv4 address in IPv6's clothes (::ffff:1.2.3.4, RFC 4291) into the IPv4 address, in
 * place: what a dual-stack listener reports of its IPv4 clients.
 *
 * Returns 1 if it was one, 0 if it was not and is as it was.
 */
PIER_API int pier_address_unmap(pier_address *a);

#ifdef __cplusplus
}
#endif

#endif

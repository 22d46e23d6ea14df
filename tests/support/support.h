/* tests/support/support.h: what the test programs share.
 *
 * A test says what it claims in its name, makes its own sockets on loopback port 0, and waits for
 * events, never for time. What a system cannot do, the test skips with the reason. Only
 * tests/support knows which system it is on: posix.c or win32.c, by the build's choice.
 */
#ifndef PIER_TESTS_SUPPORT_H
#define PIER_TESTS_SUPPORT_H

#include <pier/pier.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A hanging test is a failing test: no wait in a test is longer than this. */
#define TEST_TIMEOUT_MS 20000

/* Fails, with the error's name, unless the call succeeded. Evaluates the call once. */
#define assert_ok(call) check_ok((int64_t)(call), #call, __FILE__, __LINE__)

/* Fails, with the names of both, unless the call returned exactly that error code or number. */
#define assert_result(expected, call)                                                              \
  check_result((int64_t)(expected), (int64_t)(call), #call, __FILE__, __LINE__)

/* Fails unless the call returned one of two codes: where the systems differ by documentation. */
#define assert_either(one, other, call)                                                            \
  check_either((int64_t)(one), (int64_t)(other), (int64_t)(call), #call, __FILE__, __LINE__)

/* The code of a handle that is not an open socket. */
#define assert_bad_handle(call) assert_either(PIER_EBADF, PIER_ENOTSOCK, call)

/* Leaves the test, and says why in its output. */
#define skip_because(reason)                                                                       \
  do {                                                                                             \
    print_message("skipped, %s\n", reason);                                                        \
    skip();                                                                                        \
  } while (0)

void check_ok(int64_t result, const char *call, const char *file, int line);
void check_result(int64_t expected, int64_t result, const char *call, const char *file, int line);
void check_either(int64_t one, int64_t other, int64_t result, const char *call, const char *file,
                  int line);

/* ---- sockets on loopback; each fails the test if it cannot be had ---- */

/* Whether this machine has ::1, and whether this system has AF_UNIX. */
bool has_ipv6(void);
bool has_unix(void);

/* The entry of a test that runs once for each family, and takes the family by *(int *)*state. */
#define for_family(test, family)                                                                   \
  {                                                                                                \
#test " " #family, test, NULL, NULL, &family_##family                                          \
  }
extern int family_in, family_in6;

/* A socket, the value of one of its options, and the name that it is bound to. */
pier_socket_t open_socket(int family, int type);
int option_of(pier_socket_t s, pier_option option);
pier_address local_address(pier_socket_t s);

/* A TCP listener on the loopback address of the family, and its name. */
pier_socket_t make_listener(int family, pier_address *name);

/* A connected TCP pair: [0] connected, [1] was accepted. */
void make_tcp_pair(int family, pier_socket_t pair[2]);

/* Closes both. */
void close_pair(pier_socket_t pair[2]);

/* A UDP socket bound to the loopback address of the family, and its name. */
pier_socket_t make_udp(int family, pier_address *name);

/* Two UDP sockets connected to each other. */
void make_udp_pair(int family, pier_socket_t pair[2]);

/* Addresses of the family on loopback, TCP and UDP, at which nobody listens. A socket of this program
   keeps the port until its end, so that no program beside it gets there. */
pier_address make_dead_address(int family);
pier_address make_dead_udp_address(int family);

/* A handle that was a socket, and is closed. */
pier_socket_t make_closed_socket(void);

/* Waits until the socket is readable, or fails the test. */
void await_readable(pier_socket_t s);
void await_writable(pier_socket_t s);

/* Sends and receives whole, or fails the test. receive_until_end returns how much came. */
void send_whole(pier_socket_t s, const void *data, size_t size);
void receive_whole(pier_socket_t s, void *data, size_t size);
size_t receive_until_end(pier_socket_t s, void *data, size_t size);

/* Fills bytes with a pattern that begins at a position, and tells whether they are that pattern. */
void fill_pattern(void *data, size_t size, uint64_t position);
bool is_pattern(const void *data, size_t size, uint64_t position);

/* ---- what the system knows: posix.c, win32.c ---- */

/* Whether this is Windows, and whether that is Wine's. */
bool on_windows(void);
bool on_wine(void);

/* Whether the kernel is Linux, and is spoken to without Wine between. */
bool on_linux(void);

/* Whether the processor is emulated by a program that stands between the test and the kernel. */
bool on_emulator(void);

/* How many descriptors or handles this process has open. Two counts around code that closes what
   it opens are equal. */
int count_open_handles(void);

/* Whether a child process would inherit the socket. */
bool is_inheritable(pier_socket_t s);

/* Whether the socket, connected and with nothing to read, blocks: 1 or 0; -1 if it is not such. */
int is_blocking(pier_socket_t s);

/* The system's own number of an error code, by the system's own headers: errno or Winsock. */
int native_of_refused(void);

/* Sets SO_RCVTIMEO, as the system has it. */
void set_recv_timeout(pier_socket_t s, int timeout_ms);

/* Lets a bound datagram socket tell the headers of what it receives; false where this system cannot.
   Then receives one datagram, and tells its hop limit and type of service, where they are told. */
bool watch_headers(pier_socket_t s, int family);
void receive_header(pier_socket_t s, int *ttl, int *tos);

/* Sets what the system has for taking a port that another socket has: SO_REUSEADDR, and SO_REUSEPORT
   where it is another option. */
void share_natively(pier_socket_t s);
void share_port_natively(pier_socket_t s);

/* Sends a signal to this process every millisecond, without SA_RESTART, until stopped. False where
   there are no such signals. */
bool start_signal_storm(void);
void stop_signal_storm(void);
unsigned long signals_delivered(void);

/* Lowers the limit of open descriptors, so that just some more can be opened; raises it again.
   False where there is no such limit. */
bool limit_open_handles(int more);
void restore_open_handles(void);

/* Whether SIGPIPE's disposition is the default one; true where there is no SIGPIPE. */
bool sigpipe_is_default(void);

/* Lets this process open that many descriptors, if it may; false where it may not. */
bool allow_open_handles(int count);

/* Makes Winsock forget that it was ever started, and close every socket; nothing elsewhere. The
   next call of pier is then the first. */
void forget_startup(void);

/* Moves the calling thread, which must not be the main one, into a network without interfaces and
   routes. False where there is no such thing, or this program may not. */
bool enter_empty_network(void);

/* Asks the system to signal what happens on a socket, which makes it not block: WSAEventSelect. False
   where there is no such thing. */
bool select_events(pier_socket_t s);

/* The index of the loopback interface, 0 where it cannot be told. */
unsigned loopback_interface(void);

/* inet_pton, and inet_ntop into text of 64 bytes: the system's reading and writing of addresses. */
bool system_pton(int family, const char *text, void *bytes);
bool system_ntop(int family, const void *bytes, char *text);

/* Threads. */
typedef struct test_thread test_thread;
test_thread *thread_start(void (*run)(void *argument), void *argument);
void thread_join(test_thread *thread);

/* This process, its user and its group, as pier_peer_credentials has them. */
pier_credentials own_credentials(void);

/* Runs this program once more, which is called program, with one argument and with every handle that
   children inherit. Returns what it exits with; -1 where it cannot be run so. */
int run_again(const char *program, const char *argument);

/* Calls a function in a fork of this process, which then exits with what it returned, and returns
   that; -1 where there is no fork. */
int run_in_fork(int (*run)(void *argument), void *argument);

/* Makes a path for a socket file in a fresh folder of the test's own, and removes both. */
void make_socket_path(char *path, size_t size);
void remove_socket_path(const char *path);

/* A clock of the test's own, in milliseconds, that only goes forward. */
int64_t now_ms(void);

#endif

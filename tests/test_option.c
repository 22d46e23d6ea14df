/* Socket options: set, read back, refused, and seen to take effect. */
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static pier_socket_t make_socket(int family, int type)
{
  pier_socket_t s;
  assert_ok(pier_socket(family, type, 0, &s));
  return s;
}

static int get(pier_socket_t s, pier_option option)
{
  int value = -12345;
  assert_ok(pier_get_option(s, option, &value));
  return value;
}

/* The name of a bound socket. */
static pier_address name_of(pier_socket_t s)
{
  pier_address name;
  name.len = sizeof name.storage;
  assert_ok(pier_getsockname(s, &name.sa, &name.len));
  return name;
}

/* ---- values ---- */

typedef struct option_case {
  pier_option option;
  const char *name;
  int type;    /* of the sockets that have it */
  int good[4]; /* set, and read back */
  int bad[4];  /* out of range */
} option_case;

/* clang-format off */
#define CASE(option, type, ...) {option, #option, type, __VA_ARGS__}
#define BOOLEAN_VALUES {1, 0, 1, 0}, {-1, 2, INT32_MAX, INT32_MIN}
static const option_case cases[] = {
  CASE(PIER_OPT_NODELAY, SOCK_STREAM, BOOLEAN_VALUES),
  CASE(PIER_OPT_KEEPALIVE, SOCK_STREAM, BOOLEAN_VALUES),
  CASE(PIER_OPT_LINGER_S, SOCK_STREAM, {0, 5, 32767, -1}, {-2, 32768, 65536, INT32_MIN}),
  CASE(PIER_OPT_RECV_BUFFER, SOCK_STREAM, {10000, 20000, 65536, 10000}, {0, -1, INT32_MIN, -4096}),
  CASE(PIER_OPT_SEND_BUFFER, SOCK_STREAM, {10000, 20000, 65536, 10000}, {0, -1, INT32_MIN, -4096}),
  CASE(PIER_OPT_RECV_BUFFER, SOCK_DGRAM, {10000, 20000, 65536, 10000}, {0, -1, INT32_MIN, -4096}),
  CASE(PIER_OPT_SEND_BUFFER, SOCK_DGRAM, {10000, 20000, 65536, 10000}, {0, -1, INT32_MIN, -4096}),
  CASE(PIER_OPT_BROADCAST, SOCK_DGRAM, BOOLEAN_VALUES),
  CASE(PIER_OPT_MULTICAST_TTL, SOCK_DGRAM, {0, 255, 32, 1}, {-1, 256, 65536, INT32_MIN}),
  CASE(PIER_OPT_MULTICAST_LOOP, SOCK_DGRAM, BOOLEAN_VALUES),
};
/* clang-format on */

/* Leaves the test where multicasts cannot be sent on the loopback interface. */
#define skip_without_multicast(loopback)                                                           \
  do {                                                                                             \
    if (on_emulator())                                                                             \
      skip_because("the emulator does not pass multicast calls on");                               \
    if ((loopback) == 0)                                                                           \
      skip_because("the loopback interface has no index here");                                    \
  } while (0)

static void check_values(const option_case *c, int family)
{
  pier_socket_t s = make_socket(family, c->type);
  for (size_t i = 0; i < COUNT(c->good); i++) {
    if (c->good[i] == 255 && on_emulator()) {
      print_message("not compared, the emulator gives 255 back in four bytes for one\n");
      continue;
    }
    int result = pier_set_option(s, c->option, c->good[i]);
    int value = result == 0 ? get(s, c->option) : result;
    if (value != c->good[i])
      fail_msg("%s, set to %d, is %d", c->name, c->good[i], value);
  }
  for (size_t i = 0; i < COUNT(c->bad); i++)
    if (pier_set_option(s, c->option, c->bad[i]) != PIER_EINVAL)
      fail_msg("%s takes %d", c->name, c->bad[i]);
  assert_int_equal(get(s, c->option), c->good[3]);
  assert_ok(pier_close(s));
}

static void test_each_option_is_read_back_as_set_on_ipv4(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++)
    check_values(&cases[i], AF_INET);
}

static void test_each_option_is_read_back_as_set_on_ipv6(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  for (size_t i = 0; i < COUNT(cases); i++)
    check_values(&cases[i], AF_INET6);
}

static void test_defaults_are_the_same_everywhere(void **state)
{
  (void)state;
  pier_socket_t s = make_socket(AF_INET, SOCK_STREAM);
  pier_socket_t u = make_socket(AF_INET, SOCK_DGRAM);
  assert_int_equal(get(s, PIER_OPT_NODELAY), 0);
  assert_int_equal(get(s, PIER_OPT_KEEPALIVE), 0);
  assert_int_equal(get(s, PIER_OPT_LINGER_S), -1);
  assert_int_equal(get(s, PIER_OPT_ERROR), 0);
  assert_true(get(s, PIER_OPT_RECV_BUFFER) > 0);
  assert_true(get(s, PIER_OPT_SEND_BUFFER) > 0);
  assert_int_equal(get(u, PIER_OPT_BROADCAST), 0);
  assert_int_equal(get(u, PIER_OPT_MULTICAST_TTL), 1);
  assert_int_equal(get(u, PIER_OPT_MULTICAST_LOOP), 1);
  assert_ok(pier_close(s));
  assert_ok(pier_close(u));
}

static void test_what_is_no_option_is_refused(void **state)
{
  (void)state;
  static const int numbers[] = {-1, PIER_OPT_READABLE_BYTES + 1, 1000, INT32_MAX, INT32_MIN};
  pier_socket_t s = make_socket(AF_INET, SOCK_STREAM);
  for (size_t i = 0; i < COUNT(numbers); i++) {
    int value = 77;
    assert_result(PIER_EINVAL, pier_set_option(s, (pier_option)numbers[i], 1));
    assert_result(PIER_EINVAL, pier_get_option(s, (pier_option)numbers[i], &value));
    assert_int_equal(value, 77);
  }
  assert_result(PIER_EINVAL, pier_get_option(s, PIER_OPT_TYPE, NULL));
  assert_ok(pier_close(s));
}

static const pier_option read_only[] = {PIER_OPT_ERROR,         PIER_OPT_TYPE,
                                        PIER_OPT_FAMILY,        PIER_OPT_PROTOCOL,
                                        PIER_OPT_LISTENING,     PIER_OPT_AT_MARK,
                                        PIER_OPT_READABLE_BYTES};

static void test_read_only_options_cannot_be_set(void **state)
{
  (void)state;
  pier_socket_t s = make_socket(AF_INET, SOCK_STREAM);
  for (size_t i = 0; i < COUNT(read_only); i++) {
    assert_result(PIER_EINVAL, pier_set_option(s, read_only[i], 0));
    assert_result(PIER_EINVAL, pier_set_option(s, read_only[i], 1));
  }
  assert_ok(pier_close(s));
}

static void test_every_option_tells_a_closed_socket(void **state)
{
  (void)state;
  pier_socket_t s = make_closed_socket();
  for (int option = PIER_OPT_BIND; option <= PIER_OPT_READABLE_BYTES; option++) {
    int value = 77;
    assert_bad_handle(pier_get_option(s, (pier_option)option, &value));
    assert_int_equal(value, 77);
    if (option < PIER_OPT_ERROR)
      assert_bad_handle(pier_set_option(s, (pier_option)option, 1));
  }
  assert_bad_handle(pier_set_option(s, PIER_OPT_BIND, PIER_BIND_SHARED));
  assert_bad_handle(pier_set_option(s, PIER_OPT_BIND, PIER_BIND_BALANCED));
}

/* ---- what a socket is ---- */

static void check_kind(int family, int type, int protocol)
{
  pier_socket_t s = make_socket(family, type);
  int value = 0;
  assert_int_equal(get(s, PIER_OPT_TYPE), type);
  assert_int_equal(get(s, PIER_OPT_FAMILY), family);
  assert_int_equal(get(s, PIER_OPT_LISTENING), 0);
  int result = pier_get_option(s, PIER_OPT_PROTOCOL, &value);
  if (result != PIER_ENOTSUP || on_windows()) { /* macOS and NetBSD lack it */
    assert_ok(result);
    assert_int_equal(value, protocol);
  }
  assert_ok(pier_close(s));
}

static void test_type_family_and_protocol_tell_what_a_socket_is(void **state)
{
  (void)state;
  check_kind(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  check_kind(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  check_kind(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
  check_kind(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
}

static void test_listening_tells_a_listener(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t pair[2], listener = make_listener(AF_INET, &name);
  assert_int_equal(get(listener, PIER_OPT_LISTENING), 1);
  make_tcp_pair(AF_INET, pair);
  assert_int_equal(get(pair[0], PIER_OPT_LISTENING), 0);
  assert_int_equal(get(pair[1], PIER_OPT_LISTENING), 0);
  close_pair(pair);
  assert_ok(pier_close(listener));
}

static void test_error_tells_a_refused_connect(void **state)
{
  (void)state;
  pier_address dead = make_dead_address(AF_INET);
  pier_socket_t s;
  assert_ok(pier_socket(AF_INET, SOCK_STREAM | PIER_NONBLOCK, 0, &s));
  assert_result(PIER_EINPROGRESS, pier_connect(s, &dead.sa, dead.len));
  assert_ok(pier_wait(s, POLLOUT, TEST_TIMEOUT_MS, NULL));
  assert_result(PIER_ECONNREFUSED, get(s, PIER_OPT_ERROR));
  assert_result(on_windows() ? PIER_ECONNREFUSED : 0, get(s, PIER_OPT_ERROR)); /* cleared */
  assert_ok(pier_close(s));
}

/* ---- what is not there ---- */

static void check_not_supported(int family, int type, pier_option option, int value)
{
  pier_socket_t s = make_socket(family, type);
  int read = 77;
  assert_result(PIER_ENOTSUP, pier_set_option(s, option, value));
  assert_result(PIER_ENOTSUP, pier_get_option(s, option, &read));
  assert_int_equal(read, 77);
  assert_ok(pier_close(s));
}

static void test_v6only_is_not_supported_on_ipv4(void **state)
{
  (void)state;
  check_not_supported(AF_INET, SOCK_STREAM, PIER_OPT_V6ONLY, 1);
  check_not_supported(AF_INET, SOCK_DGRAM, PIER_OPT_V6ONLY, 0);
}

static void test_nodelay_is_not_supported_on_udp(void **state)
{
  (void)state;
  if (on_wine())
    skip_because("Wine takes TCP_NODELAY on a UDP socket without a word");
  check_not_supported(AF_INET, SOCK_DGRAM, PIER_OPT_NODELAY, 1);
}

static void test_the_bind_intent_is_not_read_back(void **state)
{
  (void)state;
  pier_socket_t s = make_socket(AF_INET, SOCK_STREAM);
  int value = 77;
  assert_result(PIER_ENOTSUP, pier_get_option(s, PIER_OPT_BIND, &value));
  assert_int_equal(value, 77);
  assert_ok(pier_close(s));
}

static void test_the_bind_intent_is_one_of_three(void **state)
{
  (void)state;
  pier_socket_t s = make_socket(AF_INET, SOCK_DGRAM);
  assert_result(PIER_EINVAL, pier_set_option(s, PIER_OPT_BIND, 0));
  assert_result(PIER_EINVAL, pier_set_option(s, PIER_OPT_BIND, PIER_BIND_BALANCED + 1));
  assert_result(PIER_EINVAL, pier_set_option(s, PIER_OPT_BIND, -1));
  assert_ok(pier_close(s));
}

static void test_sharing_is_not_supported_on_streams(void **state)
{
  (void)state;
  pier_socket_t s = make_socket(AF_INET, SOCK_STREAM);
  assert_result(PIER_ENOTSUP, pier_set_option(s, PIER_OPT_BIND, PIER_BIND_SHARED));
  assert_ok(pier_close(s));
}

static void test_ip_options_are_not_supported_on_unix_sockets(void **state)
{
  (void)state;
  if (!has_unix())
    skip_because("this system has no AF_UNIX");
  check_not_supported(AF_UNIX, SOCK_STREAM, PIER_OPT_V6ONLY, 1);
  check_not_supported(AF_UNIX, SOCK_STREAM, PIER_OPT_MULTICAST_TTL, 1);
  check_not_supported(AF_UNIX, SOCK_STREAM, PIER_OPT_MULTICAST_INTERFACE, 1);
  check_not_supported(AF_UNIX, SOCK_STREAM, PIER_OPT_NODELAY, 1);
  pier_socket_t s = make_socket(AF_UNIX, SOCK_STREAM);
  assert_result(0, pier_set_option(s, PIER_OPT_BIND, PIER_BIND_EXCLUSIVE));
  assert_result(PIER_ENOTSUP, pier_set_option(s, PIER_OPT_BIND, PIER_BIND_SHARED));
  assert_result(PIER_ENOTSUP, pier_set_option(s, PIER_OPT_BIND, PIER_BIND_BALANCED));
  assert_ok(pier_close(s));
}

/* ---- effects: linger, buffers, broadcast ---- */

static void test_linger_of_zero_resets_the_connection(void **state)
{
  (void)state;
  char byte;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_set_option(pair[0], PIER_OPT_LINGER_S, 0));
  assert_ok(pier_close(pair[0]));
  int events = pier_wait(pair[1], POLLIN, TEST_TIMEOUT_MS, NULL);
  assert_ok(events);
  assert_true(events & (POLLERR | POLLHUP));
  if (on_wine()) {
    assert_ok(pier_close(pair[1]));
    skip_because("Wine's recv tells a reset as an end of stream");
  }
  assert_result(PIER_ECONNRESET, pier_recv(pair[1], &byte, 1, 0));
  assert_ok(pier_close(pair[1]));
}

static void test_linger_lets_what_was_sent_arrive(void **state)
{
  (void)state;
  char text[8];
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_set_option(pair[0], PIER_OPT_LINGER_S, 5));
  send_whole(pair[0], "hello", 5);
  assert_ok(pier_close(pair[0]));
  assert_int_equal(receive_until_end(pair[1], text, sizeof text), 5);
  assert_ok(pier_close(pair[1]));
}

/* How many of 50 datagrams of 1000 bytes a socket with this buffer keeps. */
static int count_kept(int buffer)
{
  char data[1000] = {0};
  int kept = 0;
  pier_address name;
  pier_socket_t receiver = make_udp(AF_INET, &name), sender = make_socket(AF_INET, SOCK_DGRAM);
  assert_ok(pier_set_option(receiver, PIER_OPT_RECV_BUFFER, buffer));
  for (int i = 0; i < 50; i++)
    assert_ok(pier_sendto(sender, data, sizeof data, 0, &name.sa, name.len));
  await_readable(receiver);
  while (pier_recv(receiver, data, sizeof data, MSG_DONTWAIT) > 0)
    kept++;
  assert_ok(pier_close(sender));
  assert_ok(pier_close(receiver));
  return kept;
}

static void test_a_larger_receive_buffer_keeps_more_datagrams(void **state)
{
  (void)state;
  int few = count_kept(4000);
  int many = count_kept(200000);
  assert_in_range(few, 1, 49);
  assert_true(many > few);
}

static void test_a_smaller_send_buffer_takes_less(void **state)
{
  (void)state;
  static char data[8 << 20];
  pier_ssize_t taken[2];
  if (on_windows())
    skip_because("Windows takes a send whole, whatever the buffer");
  for (int i = 0; i < 2; i++) {
    pier_socket_t pair[2];
    make_tcp_pair(AF_INET, pair);
    assert_ok(pier_set_option(pair[1], PIER_OPT_RECV_BUFFER, 10000));
    assert_ok(pier_set_option(pair[0], PIER_OPT_SEND_BUFFER, i == 0 ? 10000 : 100000));
    assert_ok(pier_set_nonblocking(pair[0], true));
    taken[i] = pier_send(pair[0], data, sizeof data, 0);
    assert_ok(taken[i]);
    close_pair(pair);
  }
  assert_true(taken[0] < taken[1]);
}

static void test_a_broadcast_address_needs_the_option(void **state)
{
  (void)state;
  pier_address all;
  pier_socket_t s = make_socket(AF_INET, SOCK_DGRAM);
  assert_ok(pier_address_parse("255.255.255.255:9", &all));
  assert_result(PIER_EACCES, pier_sendto(s, "x", 1, 0, &all.sa, all.len)); /* never leaves */
  assert_ok(pier_address_parse("127.255.255.255:9", &all)); /* stays on this machine */
  assert_ok(pier_set_option(s, PIER_OPT_BROADCAST, 1));
  if (pier_sendto(s, "x", 1, 0, &all.sa, all.len) == PIER_EACCES)
    fail_msg("the option is on, and has no effect");
  assert_ok(pier_close(s));
}

/* ---- effects: IPv6 alone or with IPv4 ---- */

/* A listener at the wildcard address of IPv6, and the address that an IPv4 client connects to. */
static pier_socket_t make_wildcard(int v6only, pier_address *name4)
{
  pier_address any;
  pier_socket_t s = make_socket(AF_INET6, SOCK_STREAM);
  assert_int_equal(get(s, PIER_OPT_V6ONLY), 1); /* on every system */
  assert_ok(pier_set_option(s, PIER_OPT_V6ONLY, v6only));
  assert_int_equal(get(s, PIER_OPT_V6ONLY), v6only);
  assert_result(PIER_EINVAL, pier_set_option(s, PIER_OPT_V6ONLY, 2));
  assert_ok(pier_address_any(AF_INET6, 0, &any));
  assert_ok(pier_bind(s, &any.sa, any.len));
  assert_ok(pier_listen(s, 0));
  any = name_of(s);
  assert_ok(pier_address_loopback(AF_INET, pier_address_port(&any), name4));
  return s;
}

static void test_v6only_off_takes_ipv4_clients_as_mapped_addresses(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  pier_address name4, peer, client_name;
  pier_socket_t listener = make_wildcard(0, &name4), server;
  pier_socket_t client = make_socket(AF_INET, SOCK_STREAM);
  assert_ok(pier_connect(client, &name4.sa, name4.len));
  peer.len = sizeof peer.storage;
  assert_ok(pier_accept(listener, &peer.sa, &peer.len, 0, &server));
  assert_int_equal(peer.sa.sa_family, AF_INET6);
  assert_result(1, pier_address_unmap(&peer));
  client_name = name_of(client);
  assert_true(pier_address_equal(&peer, &client_name));
  assert_ok(pier_close(server));
  assert_ok(pier_close(client));
  assert_ok(pier_close(listener));
}

static void test_v6only_on_refuses_ipv4_clients(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  pier_address name4;
  pier_socket_t listener = make_wildcard(1, &name4);
  pier_socket_t client = make_socket(AF_INET, SOCK_STREAM);
  assert_result(PIER_ECONNREFUSED, pier_connect(client, &name4.sa, name4.len));
  assert_ok(pier_close(client));
  assert_ok(pier_close(listener));
}

static void test_v6only_leaves_the_port_of_ipv4_free(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  pier_address name4, any4;
  pier_socket_t six = make_wildcard(1, &name4);
  pier_socket_t four = make_socket(AF_INET, SOCK_STREAM);
  assert_ok(pier_address_any(AF_INET, pier_address_port(&name4), &any4));
  assert_ok(pier_bind(four, &any4.sa, any4.len));
  assert_ok(pier_listen(four, 0));
  assert_ok(pier_close(four));
  assert_ok(pier_close(six));
}

/* ---- effects: who may bind ---- */

static pier_socket_t make_with_intent(int type, int intent)
{
  pier_socket_t s = make_socket(AF_INET, type);
  assert_ok(pier_set_option(s, PIER_OPT_BIND, intent));
  return s;
}

static pier_socket_t make_exclusive_listener(pier_address *name)
{
  pier_socket_t s = make_with_intent(SOCK_STREAM, PIER_BIND_EXCLUSIVE);
  assert_ok(pier_bind(s, &name->sa, name->len));
  assert_ok(pier_listen(s, 0));
  *name = name_of(s);
  return s;
}

/* Serves one client, and closes first, so that TIME_WAIT is on this side. */
static void serve_and_close_first(pier_socket_t listener, const pier_address *name)
{
  char byte;
  pier_socket_t server, client = make_socket(AF_INET, SOCK_STREAM);
  assert_ok(pier_connect(client, &name->sa, name->len));
  assert_ok(pier_accept(listener, NULL, NULL, 0, &server));
  assert_ok(pier_close(server));
  assert_int_equal(receive_until_end(client, &byte, 1), 0);
  assert_ok(pier_close(client));
}

static void test_exclusive_lets_a_server_restart_at_once(void **state)
{
  (void)state;
  pier_address name;
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  pier_socket_t listener = make_exclusive_listener(&name);
  for (int i = 0; i < 3; i++) {
    serve_and_close_first(listener, &name);
    assert_ok(pier_close(listener));
    pier_socket_t plain = make_socket(AF_INET, SOCK_STREAM);
    if (!on_windows()) /* where TIME_WAIT keeps nobody from a port */
      assert_result(PIER_EADDRINUSE, pier_bind(plain, &name.sa, name.len));
    assert_ok(pier_close(plain));
    listener = make_exclusive_listener(&name);
  }
  assert_ok(pier_close(listener));
}

static void test_exclusive_refuses_a_second_listener(void **state)
{
  (void)state;
  static const int intents[] = {PIER_BIND_EXCLUSIVE, PIER_BIND_BALANCED, 0};
  pier_address name;
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  pier_socket_t listener = make_exclusive_listener(&name);
  for (size_t i = 0; i < COUNT(intents); i++) {
    pier_socket_t s = make_socket(AF_INET, SOCK_STREAM);
    int result = intents[i] ? pier_set_option(s, PIER_OPT_BIND, intents[i]) : 0;
    if (result != PIER_ENOTSUP) {
      assert_ok(result);
      assert_result(PIER_EADDRINUSE, pier_bind(s, &name.sa, name.len));
    }
    assert_ok(pier_close(s));
  }
  assert_ok(pier_close(listener));
}

static void test_exclusive_refuses_a_second_datagram_socket(void **state)
{
  (void)state;
  static const int intents[] = {PIER_BIND_EXCLUSIVE, PIER_BIND_SHARED};
  pier_address name;
  pier_socket_t one = make_with_intent(SOCK_DGRAM, PIER_BIND_EXCLUSIVE);
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  assert_ok(pier_bind(one, &name.sa, name.len));
  name = name_of(one);
  for (size_t i = 0; i < COUNT(intents); i++) {
    pier_socket_t other = make_with_intent(SOCK_DGRAM, intents[i]);
    assert_result(PIER_EADDRINUSE, pier_bind(other, &name.sa, name.len));
    assert_ok(pier_close(other));
  }
  assert_ok(pier_close(one));
}

static void test_shared_lets_several_datagram_sockets_have_one_port(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t sockets[3];
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  for (size_t i = 0; i < COUNT(sockets); i++) {
    sockets[i] = make_with_intent(SOCK_DGRAM, PIER_BIND_SHARED);
    assert_ok(pier_bind(sockets[i], &name.sa, name.len));
    name = name_of(sockets[i]);
  }
  for (size_t i = 0; i < COUNT(sockets); i++)
    assert_ok(pier_close(sockets[i]));
}

static void test_the_last_intent_before_the_bind_counts(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t one = make_with_intent(SOCK_DGRAM, PIER_BIND_EXCLUSIVE);
  pier_socket_t other = make_with_intent(SOCK_DGRAM, PIER_BIND_EXCLUSIVE);
  pier_socket_t third = make_with_intent(SOCK_DGRAM, PIER_BIND_SHARED);
  assert_ok(pier_set_option(one, PIER_OPT_BIND, PIER_BIND_SHARED));
  assert_ok(pier_set_option(other, PIER_OPT_BIND, PIER_BIND_SHARED));
  assert_ok(pier_set_option(third, PIER_OPT_BIND, PIER_BIND_EXCLUSIVE));
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  assert_ok(pier_bind(one, &name.sa, name.len));
  name = name_of(one);
  assert_ok(pier_bind(other, &name.sa, name.len));
  assert_result(PIER_EADDRINUSE, pier_bind(third, &name.sa, name.len));
  assert_ok(pier_close(one));
  assert_ok(pier_close(other));
  assert_ok(pier_close(third));
}

/* Whether this system balances; on Windows it must say that it does not. */
static bool has_balanced(void)
{
  pier_socket_t s = make_socket(AF_INET, SOCK_STREAM);
  int result = pier_set_option(s, PIER_OPT_BIND, PIER_BIND_BALANCED);
  assert_ok(pier_close(s));
  assert_either(0, PIER_ENOTSUP, result);
  if (on_windows())
    assert_result(PIER_ENOTSUP, result);
  return result == 0;
}

static int accept_all(pier_socket_t listener)
{
  int count = 0;
  pier_socket_t s;
  while (pier_accept(listener, NULL, NULL, 0, &s) == 0) {
    assert_ok(pier_close(s));
    count++;
  }
  return count;
}

static void test_balanced_spreads_connections_among_listeners(void **state)
{
  (void)state;
  enum { CLIENTS = 100 };
  pier_address name;
  pier_socket_t listeners[2], clients[CLIENTS];
  if (!has_balanced())
    skip_because("this system does not balance, and says so");
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  for (int i = 0; i < 2; i++) {
    listeners[i] = make_with_intent(SOCK_STREAM, PIER_BIND_BALANCED);
    assert_ok(pier_set_nonblocking(listeners[i], true));
    assert_ok(pier_bind(listeners[i], &name.sa, name.len));
    assert_ok(pier_listen(listeners[i], CLIENTS));
    name = name_of(listeners[i]);
  }
  for (int i = 0; i < CLIENTS; i++) {
    clients[i] = make_socket(AF_INET, SOCK_STREAM);
    assert_ok(pier_connect(clients[i], &name.sa, name.len));
  }
  int counts[2] = {accept_all(listeners[0]), accept_all(listeners[1])};
  assert_int_equal(counts[0] + counts[1], CLIENTS);
  assert_in_range(counts[0], 1, CLIENTS - 1); /* all on one side: once in 2 to the 99th */
  for (int i = 0; i < CLIENTS; i++)
    assert_ok(pier_close(clients[i]));
  close_pair(listeners);
}

static void test_exclusive_takes_balanced_back(void **state)
{
  (void)state;
  pier_address name;
  if (!has_balanced())
    skip_because("this system does not balance, and says so");
  pier_socket_t first = make_with_intent(SOCK_STREAM, PIER_BIND_BALANCED);
  pier_socket_t second = make_with_intent(SOCK_STREAM, PIER_BIND_BALANCED);
  assert_ok(pier_set_option(first, PIER_OPT_BIND, PIER_BIND_EXCLUSIVE));
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  assert_ok(pier_bind(first, &name.sa, name.len));
  assert_ok(pier_listen(first, 1));
  name = name_of(first);
  assert_result(PIER_EADDRINUSE, pier_bind(second, &name.sa, name.len));
  assert_ok(pier_close(first));
  assert_ok(pier_close(second));
}

/* ---- multicast ---- */

/* A receiver of a group at the loopback interface, its port in group. */
static pier_socket_t make_receiver(pier_address *group)
{
  pier_address any;
  pier_socket_t s = make_with_intent(SOCK_DGRAM, PIER_BIND_SHARED);
  assert_ok(pier_set_option(s, PIER_OPT_MULTICAST_LOOP, 1));
  assert_ok(pier_address_any(AF_INET, pier_address_port(group), &any));
  assert_ok(pier_bind(s, &any.sa, any.len));
  any = name_of(s);
  assert_ok(pier_address_set_port(group, pier_address_port(&any)));
  return s;
}

static pier_socket_t make_sender(unsigned loopback)
{
  pier_address name;
  pier_socket_t s = make_udp(AF_INET, &name);
  assert_ok(pier_set_option(s, PIER_OPT_MULTICAST_INTERFACE, (int)loopback));
  assert_ok(pier_set_option(s, PIER_OPT_MULTICAST_LOOP, 1));
  assert_ok(pier_set_option(s, PIER_OPT_MULTICAST_TTL, 0)); /* to this machine alone */
  return s;
}

static void send_text(pier_socket_t s, const char *text, const pier_address *to)
{
  assert_result(strlen(text), pier_sendto(s, text, strlen(text), 0, &to->sa, to->len));
}

static void check_next(pier_socket_t s, const char *expected)
{
  char text[32] = {0};
  await_readable(s);
  assert_ok(pier_recv(s, text, sizeof text - 1, 0));
  assert_string_equal(text, expected);
}

/* Nothing of the group arrives, if what was sent to the socket itself after it comes next. */
static void check_not_received(pier_socket_t receiver, pier_socket_t sender,
                               const pier_address *group)
{
  pier_address direct;
  assert_ok(pier_address_loopback(AF_INET, pier_address_port(group), &direct));
  send_text(sender, "to the group", group);
  send_text(sender, "to the socket", &direct);
  check_next(receiver, "to the socket");
}

/* Whether a result cannot be compared: Wine says EINVAL for Linux's EADDRNOTAVAIL and ENODEV. */
static bool is_wines_word(int result)
{
  if (!on_wine() || result != PIER_EINVAL)
    return false;
  print_message("not compared, Wine translates EADDRNOTAVAIL and ENODEV to WSAEINVAL\n");
  return true;
}

static void check_leave_unjoined(pier_socket_t s, const pier_address *group,
                                 unsigned interface_index)
{
  int result = pier_multicast_leave(s, &group->sa, interface_index, NULL);
  if (!is_wines_word(result))
    assert_result(PIER_EADDRNOTAVAIL, result);
}

static void check_unknown_interface(int result)
{
  if (result != PIER_ENXIO && !is_wines_word(result))
    assert_either(PIER_ENODEV, PIER_EADDRNOTAVAIL, result);
}

static void test_multicast_is_received_between_join_and_leave(void **state)
{
  (void)state;
  pier_address group;
  unsigned loopback = loopback_interface();
  skip_without_multicast(loopback);
  assert_ok(pier_address_parse("239.255.77.1:0", &group));
  pier_socket_t receiver = make_receiver(&group), sender = make_sender(loopback);
  for (int i = 0; i < 2; i++) {
    assert_ok(pier_multicast_join(receiver, &group.sa, loopback, NULL));
    send_text(sender, "hello", &group);
    check_next(receiver, "hello");
    assert_ok(pier_multicast_leave(receiver, &group.sa, loopback, NULL));
    check_not_received(receiver, sender, &group);
  }
  assert_ok(pier_close(sender));
  assert_ok(pier_close(receiver));
}

static void test_a_group_that_only_another_socket_joined_is_not_received(void **state)
{
  (void)state;
  pier_address group, other_group;
  unsigned loopback = loopback_interface();
  if (on_wine())
    skip_because("Wine leaves Linux's IP_MULTICAST_ALL on");
  skip_without_multicast(loopback);
  assert_ok(pier_address_parse("239.255.77.2:0", &group));
  assert_ok(pier_address_parse("239.255.77.3:0", &other_group));
  pier_socket_t member = make_receiver(&group), sender = make_sender(loopback);
  assert_ok(pier_address_set_port(&other_group, pier_address_port(&group)));
  pier_socket_t stranger = make_receiver(&other_group);
  assert_ok(pier_multicast_join(member, &group.sa, loopback, NULL));
  assert_ok(pier_multicast_join(stranger, &other_group.sa, loopback, NULL));
  send_text(sender, "not for the stranger", &group);
  send_text(sender, "for the stranger", &other_group);
  check_next(member, "not for the stranger");
  check_next(stranger, "for the stranger");
  assert_ok(pier_close(sender));
  assert_ok(pier_close(stranger));
  assert_ok(pier_close(member));
}

static void test_a_source_that_was_joined_is_received_and_another_is_not(void **state)
{
  (void)state;
  pier_address group, source, stranger;
  unsigned loopback = loopback_interface();
  if (on_wine())
    skip_because("Wine hands ip_mreq_source to Linux, which has its fields in another order");
  skip_without_multicast(loopback);
  assert_ok(pier_address_parse("232.255.77.1:0", &group));
  assert_ok(pier_address_parse("127.0.0.1:0", &source));
  assert_ok(pier_address_parse("127.0.0.77:0", &stranger));
  pier_socket_t receiver = make_receiver(&group), sender = make_sender(loopback);
  int result = pier_multicast_join(receiver, &group.sa, loopback, &source.sa);
  if (result != PIER_ENOTSUP) {
    assert_ok(result);
    send_text(sender, "hello", &group);
    check_next(receiver, "hello");
    assert_ok(pier_multicast_leave(receiver, &group.sa, loopback, &source.sa));
    assert_ok(pier_multicast_join(receiver, &group.sa, loopback, &stranger.sa));
    check_not_received(receiver, sender, &group);
    assert_ok(pier_multicast_leave(receiver, &group.sa, loopback, &stranger.sa));
  }
  assert_ok(pier_close(sender));
  assert_ok(pier_close(receiver));
  if (result == PIER_ENOTSUP)
    skip_because("this system cannot join one source only");
}

static void test_a_group_is_joined_once_and_left_once(void **state)
{
  (void)state;
  pier_address group;
  unsigned loopback = loopback_interface();
  skip_without_multicast(loopback);
  assert_ok(pier_address_parse("239.255.77.4:0", &group));
  pier_socket_t s = make_receiver(&group);
  check_leave_unjoined(s, &group, loopback);
  assert_ok(pier_multicast_join(s, &group.sa, loopback, NULL));
  int again = pier_multicast_join(s, &group.sa, loopback, NULL);
  if (on_windows())
    assert_true(again < 0); /* EADDRINUSE, EADDRNOTAVAIL or EINVAL */
  else
    assert_result(PIER_EADDRINUSE, again);
  assert_ok(pier_multicast_leave(s, &group.sa, loopback, NULL));
  check_leave_unjoined(s, &group, loopback);
  assert_ok(pier_close(s));
}

typedef int (*multicast_function)(pier_socket_t, const struct sockaddr *, unsigned,
                                  const struct sockaddr *);
static const multicast_function multicast_functions[] = {pier_multicast_join, pier_multicast_leave};

static void test_what_is_no_group_cannot_be_joined(void **state)
{
  (void)state;
  static const char *const texts[] = {"127.0.0.1:0", "223.255.255.255:0", "240.0.0.1:0",
                                      "255.255.255.255:0", "0.0.0.0:0"};
  pier_socket_t s = make_socket(AF_INET, SOCK_DGRAM);
  for (size_t i = 0; i < COUNT(texts); i++) {
    pier_address a;
    assert_ok(pier_address_parse(texts[i], &a));
    for (size_t k = 0; k < COUNT(multicast_functions); k++)
      assert_result(PIER_EINVAL, multicast_functions[k](s, &a.sa, 0, NULL));
  }
  assert_ok(pier_close(s));
}

static void test_a_group_of_another_family_cannot_be_joined(void **state)
{
  (void)state;
  pier_address four, six, path;
  pier_socket_t s = make_socket(AF_INET, SOCK_DGRAM);
  assert_ok(pier_address_parse("239.255.77.5:0", &four));
  assert_ok(pier_address_parse("[ff02::77]:0", &six));
  assert_ok(pier_address_parse("unix:/x", &path));
  for (size_t k = 0; k < COUNT(multicast_functions); k++) {
    assert_result(PIER_EAFNOSUPPORT, multicast_functions[k](s, &six.sa, 0, NULL));
    assert_result(PIER_EAFNOSUPPORT, multicast_functions[k](s, &path.sa, 0, NULL));
    assert_result(PIER_EAFNOSUPPORT, multicast_functions[k](s, &four.sa, 0, &six.sa));
    assert_result(PIER_EINVAL, multicast_functions[k](s, NULL, 0, NULL));
    assert_bad_handle(multicast_functions[k](make_closed_socket(), &four.sa, 0, NULL));
  }
  assert_ok(pier_close(s));
}

static void test_an_unknown_interface_cannot_be_joined_on(void **state)
{
  (void)state;
  pier_address group;
  skip_without_multicast(loopback_interface());
  pier_socket_t s = make_socket(AF_INET, SOCK_DGRAM);
  assert_ok(pier_address_parse("239.255.77.6:0", &group));
  check_unknown_interface(pier_multicast_join(s, &group.sa, 999999, NULL));
  check_unknown_interface(pier_set_option(s, PIER_OPT_MULTICAST_INTERFACE, 999999));
  assert_result(PIER_EINVAL, pier_set_option(s, PIER_OPT_MULTICAST_INTERFACE, -1));
  assert_ok(pier_close(s));
}

static void test_groups_of_ipv6_are_joined_and_left_by_index(void **state)
{
  (void)state;
  pier_address group, not_a_group, four;
  unsigned loopback = loopback_interface();
  skip_without_multicast(loopback);
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  pier_socket_t s = make_socket(AF_INET6, SOCK_DGRAM);
  assert_ok(pier_address_parse("[ff02::77:1]:0", &group));
  assert_ok(pier_address_parse("[fe80::1]:0", &not_a_group));
  assert_ok(pier_address_parse("239.255.77.7:0", &four));
  check_leave_unjoined(s, &group, loopback);
  assert_ok(pier_multicast_join(s, &group.sa, loopback, NULL));
  assert_ok(pier_multicast_leave(s, &group.sa, loopback, NULL));
  check_leave_unjoined(s, &group, loopback);
  assert_result(PIER_EINVAL, pier_multicast_join(s, &not_a_group.sa, loopback, NULL));
  assert_result(PIER_EAFNOSUPPORT, pier_multicast_join(s, &four.sa, loopback, NULL));
  assert_ok(pier_close(s));
}

static void test_the_multicast_interface_is_an_index_in_both_families(void **state)
{
  (void)state;
  int value = 77, loopback = (int)loopback_interface();
  skip_without_multicast(loopback);
  pier_socket_t four = make_socket(AF_INET, SOCK_DGRAM);
  assert_ok(pier_set_option(four, PIER_OPT_MULTICAST_INTERFACE, loopback));
  assert_ok(pier_set_option(four, PIER_OPT_MULTICAST_INTERFACE, 0));
  assert_result(PIER_ENOTSUP, pier_get_option(four, PIER_OPT_MULTICAST_INTERFACE, &value));
  assert_int_equal(value, 77);
  assert_ok(pier_close(four));
  if (!has_ipv6())
    skip_because("this machine has no IPv6");
  pier_socket_t six = make_socket(AF_INET6, SOCK_DGRAM);
  assert_ok(pier_set_option(six, PIER_OPT_MULTICAST_INTERFACE, loopback));
  assert_int_equal(get(six, PIER_OPT_MULTICAST_INTERFACE), loopback);
  assert_ok(pier_set_option(six, PIER_OPT_MULTICAST_INTERFACE, 0));
  assert_int_equal(get(six, PIER_OPT_MULTICAST_INTERFACE), 0);
  assert_ok(pier_close(six));
}

/* ---- the raw calls ---- */

static void test_raw_options_take_the_systems_names_and_layout(void **state)
{
  (void)state;
  struct {
    int value;
    unsigned char guard[4];
  } read = {0, {0xa5, 0xa5, 0xa5, 0xa5}};
  int on = 1;
  socklen_t len = sizeof read.value;
  pier_socket_t s = make_socket(AF_INET, SOCK_STREAM);
  assert_result(0, pier_setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on));
  assert_result(0, pier_getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &read.value, &len));
  assert_true(read.value != 0);
  assert_in_range(len, 1, sizeof read.value);
  assert_memory_equal(read.guard, "\xa5\xa5\xa5\xa5", sizeof read.guard);
  assert_int_equal(get(s, PIER_OPT_KEEPALIVE), 1);
  assert_ok(pier_close(s));
}

static void test_raw_options_that_no_system_knows_are_refused(void **state)
{
  (void)state;
  int value = 0;
  socklen_t len = sizeof value;
  pier_socket_t s = make_socket(AF_INET, SOCK_STREAM);
  assert_either(PIER_ENOPROTOOPT, PIER_EINVAL,
                pier_setsockopt(s, SOL_SOCKET, 0x7abc, &value, sizeof value));
  assert_either(PIER_ENOPROTOOPT, PIER_EINVAL,
                pier_getsockopt(s, SOL_SOCKET, 0x7abc, &value, &len));
  assert_ok(pier_close(s));
}

static void test_raw_options_need_a_socket_and_their_pointers(void **state)
{
  (void)state;
  int value = 0;
  socklen_t len = sizeof value;
  pier_socket_t s = make_socket(AF_INET, SOCK_STREAM);
  assert_result(PIER_EINVAL, pier_setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, NULL, sizeof value));
  assert_result(PIER_EINVAL, pier_getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, NULL, &len));
  assert_result(PIER_EINVAL, pier_getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &value, NULL));
  assert_ok(pier_close(s));
  s = make_closed_socket();
  assert_bad_handle(pier_setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value));
  assert_bad_handle(pier_getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &value, &len));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_each_option_is_read_back_as_set_on_ipv4),
    cmocka_unit_test(test_each_option_is_read_back_as_set_on_ipv6),
    cmocka_unit_test(test_defaults_are_the_same_everywhere),
    cmocka_unit_test(test_what_is_no_option_is_refused),
    cmocka_unit_test(test_read_only_options_cannot_be_set),
    cmocka_unit_test(test_every_option_tells_a_closed_socket),
    cmocka_unit_test(test_type_family_and_protocol_tell_what_a_socket_is),
    cmocka_unit_test(test_listening_tells_a_listener),
    cmocka_unit_test(test_error_tells_a_refused_connect),
    cmocka_unit_test(test_v6only_is_not_supported_on_ipv4),
    cmocka_unit_test(test_nodelay_is_not_supported_on_udp),
    cmocka_unit_test(test_the_bind_intent_is_not_read_back),
    cmocka_unit_test(test_the_bind_intent_is_one_of_three),
    cmocka_unit_test(test_sharing_is_not_supported_on_streams),
    cmocka_unit_test(test_ip_options_are_not_supported_on_unix_sockets),
    cmocka_unit_test(test_linger_of_zero_resets_the_connection),
    cmocka_unit_test(test_linger_lets_what_was_sent_arrive),
    cmocka_unit_test(test_a_larger_receive_buffer_keeps_more_datagrams),
    cmocka_unit_test(test_a_smaller_send_buffer_takes_less),
    cmocka_unit_test(test_a_broadcast_address_needs_the_option),
    cmocka_unit_test(test_v6only_off_takes_ipv4_clients_as_mapped_addresses),
    cmocka_unit_test(test_v6only_on_refuses_ipv4_clients),
    cmocka_unit_test(test_v6only_leaves_the_port_of_ipv4_free),
    cmocka_unit_test(test_exclusive_lets_a_server_restart_at_once),
    cmocka_unit_test(test_exclusive_refuses_a_second_listener),
    cmocka_unit_test(test_exclusive_refuses_a_second_datagram_socket),
    cmocka_unit_test(test_shared_lets_several_datagram_sockets_have_one_port),
    cmocka_unit_test(test_the_last_intent_before_the_bind_counts),
    cmocka_unit_test(test_balanced_spreads_connections_among_listeners),
    cmocka_unit_test(test_exclusive_takes_balanced_back),
    cmocka_unit_test(test_multicast_is_received_between_join_and_leave),
    cmocka_unit_test(test_a_group_that_only_another_socket_joined_is_not_received),
    cmocka_unit_test(test_a_source_that_was_joined_is_received_and_another_is_not),
    cmocka_unit_test(test_a_group_is_joined_once_and_left_once),
    cmocka_unit_test(test_what_is_no_group_cannot_be_joined),
    cmocka_unit_test(test_a_group_of_another_family_cannot_be_joined),
    cmocka_unit_test(test_an_unknown_interface_cannot_be_joined_on),
    cmocka_unit_test(test_groups_of_ipv6_are_joined_and_left_by_index),
    cmocka_unit_test(test_the_multicast_interface_is_an_index_in_both_families),
    cmocka_unit_test(test_raw_options_take_the_systems_names_and_layout),
    cmocka_unit_test(test_raw_options_that_no_system_knows_are_refused),
    cmocka_unit_test(test_raw_options_need_a_socket_and_their_pointers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

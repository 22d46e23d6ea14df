/* Socket options: set, read back, refused, and seen to take effect. */
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

static void check_values(const option_case *c, int family)
{
  pier_socket_t s = open_socket(family, c->type);
  for (size_t i = 0; i < COUNT(c->good); i++) {
    if (c->good[i] == 255 && on_emulator()) {
      print_message("not compared, the emulator gives 255 back in four bytes for one\n");
      continue;
    }
    int result = pier_set_option(s, c->option, c->good[i]);
    int value = result == 0 ? option_of(s, c->option) : result;
    if (value != c->good[i])
      fail_msg("%s, set to %d, is %d", c->name, c->good[i], value);
  }
  for (size_t i = 0; i < COUNT(c->bad); i++)
    if (pier_set_option(s, c->option, c->bad[i]) != PIER_EINVAL)
      fail_msg("%s takes %d", c->name, c->bad[i]);
  assert_int_equal(option_of(s, c->option), c->good[3]);
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
  pier_socket_t s = open_socket(AF_INET, SOCK_STREAM);
  pier_socket_t u = open_socket(AF_INET, SOCK_DGRAM);
  assert_int_equal(option_of(s, PIER_OPT_NODELAY), 0);
  assert_int_equal(option_of(s, PIER_OPT_KEEPALIVE), 0);
  assert_int_equal(option_of(s, PIER_OPT_LINGER_S), -1);
  assert_int_equal(option_of(s, PIER_OPT_ERROR), 0);
  assert_true(option_of(s, PIER_OPT_RECV_BUFFER) > 0);
  assert_true(option_of(s, PIER_OPT_SEND_BUFFER) > 0);
  assert_int_equal(option_of(u, PIER_OPT_BROADCAST), 0);
  assert_int_equal(option_of(u, PIER_OPT_MULTICAST_TTL), 1);
  assert_int_equal(option_of(u, PIER_OPT_MULTICAST_LOOP), 1);
  assert_ok(pier_close(s));
  assert_ok(pier_close(u));
}

static void test_what_is_no_option_is_refused(void **state)
{
  (void)state;
  static const int numbers[] = {-1, PIER_OPT_READABLE_BYTES + 1, 1000, INT32_MAX, INT32_MIN};
  pier_socket_t s = open_socket(AF_INET, SOCK_STREAM);
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
  pier_socket_t s = open_socket(AF_INET, SOCK_STREAM);
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
  pier_socket_t s = open_socket(family, type);
  int value = 0;
  assert_int_equal(option_of(s, PIER_OPT_TYPE), type);
  assert_int_equal(option_of(s, PIER_OPT_FAMILY), family);
  assert_int_equal(option_of(s, PIER_OPT_LISTENING), 0);
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
  assert_int_equal(option_of(listener, PIER_OPT_LISTENING), 1);
  make_tcp_pair(AF_INET, pair);
  assert_int_equal(option_of(pair[0], PIER_OPT_LISTENING), 0);
  assert_int_equal(option_of(pair[1], PIER_OPT_LISTENING), 0);
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
  assert_result(PIER_ECONNREFUSED, option_of(s, PIER_OPT_ERROR));
  assert_result(on_windows() ? PIER_ECONNREFUSED : 0, option_of(s, PIER_OPT_ERROR)); /* cleared */
  assert_ok(pier_close(s));
}

/* ---- what is not there ---- */

static void check_not_supported(int family, int type, pier_option option, int value)
{
  pier_socket_t s = open_socket(family, type);
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

static void test_ip_options_are_not_supported_on_unix_sockets(void **state)
{
  (void)state;
  if (!has_unix())
    skip_because("this system has no AF_UNIX");
  check_not_supported(AF_UNIX, SOCK_STREAM, PIER_OPT_V6ONLY, 1);
  check_not_supported(AF_UNIX, SOCK_STREAM, PIER_OPT_MULTICAST_TTL, 1);
  check_not_supported(AF_UNIX, SOCK_STREAM, PIER_OPT_MULTICAST_INTERFACE, 1);
  check_not_supported(AF_UNIX, SOCK_STREAM, PIER_OPT_NODELAY, 1);
  pier_socket_t s = open_socket(AF_UNIX, SOCK_STREAM);
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
  pier_socket_t receiver = make_udp(AF_INET, &name), sender = open_socket(AF_INET, SOCK_DGRAM);
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
  pier_socket_t s = open_socket(AF_INET, SOCK_DGRAM);
  assert_ok(pier_address_parse("255.255.255.255:9", &all));
  assert_result(PIER_EACCES, pier_sendto(s, "x", 1, 0, &all.sa, all.len)); /* never leaves */
  assert_ok(pier_address_parse("127.255.255.255:9", &all)); /* stays on this machine */
  assert_ok(pier_set_option(s, PIER_OPT_BROADCAST, 1));
  if (pier_sendto(s, "x", 1, 0, &all.sa, all.len) == PIER_EACCES)
    fail_msg("the option is on, and has no effect");
  assert_ok(pier_close(s));
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
  pier_socket_t s = open_socket(AF_INET, SOCK_STREAM);
  assert_result(0, pier_setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on));
  assert_result(0, pier_getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &read.value, &len));
  assert_true(read.value != 0);
  assert_in_range(len, 1, sizeof read.value);
  assert_memory_equal(read.guard, "\xa5\xa5\xa5\xa5", sizeof read.guard);
  assert_int_equal(option_of(s, PIER_OPT_KEEPALIVE), 1);
  assert_ok(pier_close(s));
}

static void test_raw_options_that_no_system_knows_are_refused(void **state)
{
  (void)state;
  int value = 0;
  socklen_t len = sizeof value;
  pier_socket_t s = open_socket(AF_INET, SOCK_STREAM);
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
  pier_socket_t s = open_socket(AF_INET, SOCK_STREAM);
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
    cmocka_unit_test(test_ip_options_are_not_supported_on_unix_sockets),
    cmocka_unit_test(test_linger_of_zero_resets_the_connection),
    cmocka_unit_test(test_linger_lets_what_was_sent_arrive),
    cmocka_unit_test(test_a_larger_receive_buffer_keeps_more_datagrams),
    cmocka_unit_test(test_a_smaller_send_buffer_takes_less),
    cmocka_unit_test(test_a_broadcast_address_needs_the_option),
    cmocka_unit_test(test_raw_options_take_the_systems_names_and_layout),
    cmocka_unit_test(test_raw_options_that_no_system_knows_are_refused),
    cmocka_unit_test(test_raw_options_need_a_socket_and_their_pointers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

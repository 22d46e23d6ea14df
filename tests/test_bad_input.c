/* Every public function with what it must refuse: a documented error, and nothing leaked. */
#include "support.h"

#include <limits.h>

static int handles_before;

static int count_before(void **state)
{
  (void)state;
  handles_before = count_open_handles();
  assert_true(handles_before > 0);
  return 0;
}

static int count_after(void **state)
{
  (void)state;
  assert_int_equal(count_open_handles(), handles_before);
  return 0;
}

/* The count must see a socket, or the tests below could not fail. */
static void test_the_count_of_handles_sees_a_socket(void **state)
{
  (void)state;
  pier_socket_t s;
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &s));
  assert_true(count_open_handles() > handles_before);
  assert_ok(pier_close(s));
}

static void check_handle(pier_socket_t bad)
{
  pier_socket_t out = 0;
  pier_address name;
  char byte = 0;
  int value = 0;
  socklen_t len = sizeof value;
  pier_iovec piece = {.iov_base = &byte, .iov_len = 1};
  pier_msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  assert_ok(pier_address_loopback(AF_INET, 1, &name));
  assert_bad_handle(pier_close(bad));
  assert_bad_handle(pier_abort(bad));
  assert_bad_handle(pier_shutdown(bad, SHUT_RDWR));
  assert_bad_handle(pier_bind(bad, &name.sa, name.len));
  assert_bad_handle(pier_listen(bad, 1));
  assert_bad_handle(pier_accept(bad, NULL, NULL, 0, &out));
  assert_true(out == PIER_INVALID_SOCKET);
  assert_bad_handle(pier_connect(bad, &name.sa, name.len));
  assert_bad_handle(pier_disconnect(bad));
  assert_bad_handle(pier_getsockname(bad, &name.sa, &name.len));
  assert_bad_handle(pier_getpeername(bad, &name.sa, &name.len));
  assert_bad_handle(pier_set_nonblocking(bad, true));
  assert_bad_handle(pier_set_inheritable(bad, true));
  assert_bad_handle(pier_dup(bad, &out));
  assert_bad_handle(pier_adopt(bad));
  assert_bad_handle(pier_send(bad, &byte, 1, 0));
  assert_bad_handle(pier_send(bad, NULL, 0, 0));
  assert_bad_handle(pier_recv(bad, &byte, 1, 0));
  assert_bad_handle(pier_recv(bad, &byte, 1, MSG_DONTWAIT));
  assert_bad_handle(pier_recv(bad, &byte, 1, MSG_WAITALL));
  assert_bad_handle(pier_recv(bad, NULL, 0, 0));
  assert_bad_handle(pier_sendto(bad, &byte, 1, 0, &name.sa, name.len));
  assert_bad_handle(pier_sendto(bad, NULL, 0, 0, &name.sa, name.len));
  assert_bad_handle(pier_recvfrom(bad, &byte, 1, 0, &name.sa, &name.len));
  assert_bad_handle(pier_recvfrom(bad, NULL, 0, 0, NULL, NULL));
  assert_bad_handle(pier_sendv(bad, &piece, 1, 0));
  assert_bad_handle(pier_recvv(bad, &piece, 1, 0));
  assert_bad_handle(pier_sendv(bad, NULL, 0, 0));
  assert_bad_handle(pier_sendmsg(bad, &message, 0));
  assert_bad_handle(pier_recvmsg(bad, &message, 0));
  for (int option = PIER_OPT_BIND; option <= PIER_OPT_READABLE_BYTES; option++) {
    assert_bad_handle(pier_get_option(bad, (pier_option)option, &value));
    if (option < PIER_OPT_ERROR)
      assert_bad_handle(pier_set_option(bad, (pier_option)option, 1));
  }
  assert_bad_handle(pier_setsockopt(bad, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value));
  assert_bad_handle(pier_getsockopt(bad, SOL_SOCKET, SO_KEEPALIVE, &value, &len));
  assert_bad_handle(pier_multicast_join(bad, &name.sa, 0, NULL));
  assert_bad_handle(pier_multicast_leave(bad, &name.sa, 0, NULL));
  assert_bad_handle(pier_wait(bad, POLLIN, PIER_FOREVER, NULL));
}

static void test_a_handle_that_is_not_open_is_told_by_every_function(void **state)
{
  (void)state;
  check_handle(make_closed_socket());
  check_handle(PIER_INVALID_SOCKET);
}

static void test_a_null_object_is_told_by_every_socket_function(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t out, s = make_listener(AF_INET, &name);
  int value = 0;
  socklen_t len = sizeof name.storage;
  assert_result(PIER_EINVAL, pier_socket(AF_INET, SOCK_STREAM, 0, NULL));
  assert_result(PIER_EINVAL, pier_bind(s, NULL, 16));
  assert_result(PIER_EINVAL, pier_connect(s, NULL, 16));
  assert_result(PIER_EINVAL, pier_accept(s, NULL, NULL, 0, NULL));
  assert_result(PIER_EINVAL, pier_accept(s, &name.sa, NULL, 0, &out));
  assert_result(PIER_EINVAL, pier_accept(s, NULL, &len, 0, &out));
  assert_result(PIER_EINVAL, pier_accept(s, NULL, NULL, -1, &out));
  assert_result(PIER_EINVAL, pier_getsockname(s, NULL, &len));
  assert_result(PIER_EINVAL, pier_getsockname(s, &name.sa, NULL));
  assert_result(PIER_EINVAL, pier_getpeername(s, NULL, &len));
  assert_result(PIER_EINVAL, pier_getpeername(s, &name.sa, NULL));
  assert_result(PIER_EINVAL, pier_dup(s, NULL));
  assert_result(PIER_EINVAL, pier_get_option(s, PIER_OPT_TYPE, NULL));
  assert_result(PIER_EINVAL, pier_get_option(s, (pier_option)-1, &value));
  assert_result(PIER_EINVAL, pier_set_option(s, (pier_option)1000, value));
  assert_result(PIER_EINVAL, pier_setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, NULL, sizeof value));
  assert_result(PIER_EINVAL, pier_getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, NULL, &len));
  assert_result(PIER_EINVAL, pier_getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &value, NULL));
  assert_result(PIER_EINVAL, pier_multicast_join(s, NULL, 0, NULL));
  assert_result(PIER_EINVAL, pier_multicast_leave(s, NULL, 0, NULL));
  assert_ok(pier_close(s));
}

static void test_a_null_buffer_with_a_size_is_told_by_every_transfer(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  pier_address name;
  pier_iovec bad = {.iov_base = NULL, .iov_len = 1};
  static const size_t sizes[] = {1, 4096, SIZE_MAX / 2, SIZE_MAX};
  make_udp_pair(AF_INET, pair);
  assert_ok(pier_address_loopback(AF_INET, 1, &name));
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    assert_result(PIER_EINVAL, pier_send(pair[0], NULL, sizes[i], 0));
    assert_result(PIER_EINVAL, pier_recv(pair[0], NULL, sizes[i], 0));
    assert_result(PIER_EINVAL, pier_sendto(pair[0], NULL, sizes[i], 0, &name.sa, name.len));
    assert_result(PIER_EINVAL, pier_recvfrom(pair[0], NULL, sizes[i], 0, NULL, NULL));
    bad.iov_len = sizes[i];
    assert_result(PIER_EINVAL, pier_sendv(pair[0], &bad, 1, 0));
    assert_result(PIER_EINVAL, pier_recvv(pair[0], &bad, 1, 0));
  }
  char byte;
  socklen_t len = 1;
  assert_result(PIER_EINVAL, pier_sendv(pair[0], NULL, 1, 0));
  assert_result(PIER_EINVAL, pier_recvv(pair[0], NULL, 1, 0));
  assert_result(PIER_EINVAL, pier_recvfrom(pair[0], &byte, 1, 0, &name.sa, NULL));
  assert_result(PIER_EINVAL, pier_recvfrom(pair[0], &byte, 1, 0, NULL, &len));
  assert_result(PIER_EINVAL, pier_sendmsg(pair[0], NULL, 0));
  assert_result(PIER_EINVAL, pier_recvmsg(pair[0], NULL, 0));
  assert_ok(pier_close(pair[0]));
  assert_ok(pier_close(pair[1]));
}

static void test_counts_and_times_out_of_range_are_told(void **state)
{
  (void)state;
  pier_socket_t s[2];
  struct pollfd one = {.fd = PIER_INVALID_SOCKET};
  make_udp_pair(AF_INET, s);
  assert_result(PIER_EINVAL, pier_poll(NULL, 1, 0));
  assert_result(PIER_EINVAL, pier_poll(&one, SIZE_MAX, 0));
  assert_result(PIER_EINVAL, pier_poll(&one, 1, -2));
  assert_result(PIER_EINVAL, pier_poll(&one, 1, INT_MIN));
  assert_result(PIER_EINVAL, pier_select(-1, NULL, NULL, NULL, 0));
  assert_result(PIER_EINVAL, pier_select(0, NULL, NULL, NULL, -2));
  assert_result(PIER_EINVAL, pier_wait(s[0], -1, 0, NULL));
  assert_result(PIER_EINVAL, pier_wait(s[0], POLLIN, -2, NULL));
  assert_ok(pier_close(s[0]));
  assert_ok(pier_close(s[1]));
}

static void test_a_null_is_told_by_every_address_function(void **state)
{
  (void)state;
  pier_address a;
  char text[8];
  assert_ok(pier_address_loopback(AF_INET, 1, &a));
  assert_result(PIER_EINVAL, pier_address_parse(NULL, &a));
  assert_result(PIER_EINVAL, pier_address_parse("1.2.3.4:5", NULL));
  assert_result(PIER_EINVAL, pier_address_parse_host(NULL, 1, &a));
  assert_result(PIER_EINVAL, pier_address_parse_host("1.2.3.4", 1, NULL));
  assert_result(PIER_EINVAL, pier_address_format(NULL, 16, text, sizeof text));
  assert_result(PIER_EINVAL, pier_address_format(&a.sa, a.len, NULL, 1));
  assert_result(PIER_EINVAL, pier_address_port(NULL));
  assert_result(PIER_EINVAL, pier_address_set_port(NULL, 1));
  assert_result(PIER_EINVAL, pier_address_set_port(&a, 65536));
  assert_result(PIER_EINVAL, pier_address_unix(NULL, &a));
  assert_result(PIER_EINVAL, pier_address_unix("x", NULL));
  assert_result(PIER_EINVAL, pier_address_any(AF_INET, 0, NULL));
  assert_result(PIER_EINVAL, pier_address_loopback(AF_INET, -1, &a));
  assert_result(PIER_EAFNOSUPPORT, pier_address_any(99, 0, &a));
  assert_result(PIER_EINVAL, pier_address_unmap(NULL));
  assert_false(pier_address_equal(NULL, NULL));
  assert_false(pier_address_equal(&a, NULL));
}

static void test_a_null_is_told_by_every_lookup_function(void **state)
{
  (void)state;
  struct addrinfo *list;
  pier_address a;
  char text[8];
  assert_ok(pier_address_loopback(AF_INET, 1, &a));
  assert_result(PIER_EINVAL, pier_getaddrinfo("127.0.0.1", "1", NULL, NULL));
  assert_result(PIER_EAI_NONAME, pier_getaddrinfo(NULL, NULL, NULL, &list));
  assert_null(list);
  pier_freeaddrinfo(NULL);
  assert_result(PIER_EINVAL, pier_interfaces(NULL));
  pier_free_interfaces(NULL);
  assert_result(PIER_EINVAL, pier_getnameinfo(NULL, 16, text, sizeof text, NULL, 0, 0));
  assert_result(PIER_EINVAL, pier_getnameinfo(&a.sa, a.len, NULL, 1, NULL, 0, 0));
  assert_result(PIER_EINVAL, pier_getnameinfo(&a.sa, a.len, NULL, 0, NULL, 1, 0));
  assert_result(PIER_EAI_NONAME, pier_getnameinfo(&a.sa, a.len, NULL, 0, NULL, 0, 0));
}

/* Makes each call once, for what a system opens on first use and keeps. */
static int warm_up(void **state)
{
  (void)state;
  check_handle(make_closed_socket());
  return 0;
}

int main(void)
{
#define counted(test) cmocka_unit_test_setup_teardown(test, count_before, count_after)
  const struct CMUnitTest tests[] = {
    counted(test_the_count_of_handles_sees_a_socket),
    counted(test_a_handle_that_is_not_open_is_told_by_every_function),
    counted(test_a_null_object_is_told_by_every_socket_function),
    counted(test_a_null_buffer_with_a_size_is_told_by_every_transfer),
    counted(test_counts_and_times_out_of_range_are_told),
    counted(test_a_null_is_told_by_every_address_function),
    counted(test_a_null_is_told_by_every_lookup_function),
  };
  return cmocka_run_group_tests_name("bad input", tests, warm_up, NULL);
}

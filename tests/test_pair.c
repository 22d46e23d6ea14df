/* Pairs of connected sockets, by the public call. */
#include "support.h"

static pier_socket_t invalid[2] = {PIER_INVALID_SOCKET, PIER_INVALID_SOCKET};

static void check_exchange(const pier_socket_t pair[2])
{
  for (int from = 0; from < 2; from++) {
    char text[6] = "";
    send_whole(pair[from], "hello", 5);
    receive_whole(pair[!from], text, 5);
    assert_string_equal(text, "hello");
  }
}

/* Difference: 18-stream-pair */
static void test_a_stream_pair_carries_bytes_both_ways_and_ends(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte;
  assert_ok(pier_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  check_exchange(pair);
  assert_ok(pier_shutdown(pair[0], SHUT_WR));
  assert_result(0, pier_recv(pair[1], &byte, 1, 0));
  send_whole(pair[1], "x", 1);
  receive_whole(pair[0], &byte, 1);
  assert_ok(pier_close(pair[1]));
  assert_result(0, pier_recv(pair[0], &byte, 1, 0));
  assert_ok(pier_close(pair[0]));
}

static void test_a_stream_pair_takes_a_megabyte_in_order(void **state)
{
  (void)state;
  enum { SIZE = 1 << 20, PIECE = 8192 };
  pier_socket_t pair[2];
  char piece[PIECE];
  assert_ok(pier_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  for (uint64_t at = 0; at < SIZE; at += PIECE) {
    fill_pattern(piece, PIECE, at);
    send_whole(pair[0], piece, PIECE);
    memset(piece, 0, PIECE);
    receive_whole(pair[1], piece, PIECE);
    assert_true(is_pattern(piece, PIECE, at));
  }
  close_pair(pair);
}

/* Difference: 18-datagram-pair */
static void test_a_datagram_pair_keeps_each_datagram_whole(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char text[16];
  assert_ok(pier_socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
  for (int from = 0; from < 2; from++) {
    assert_result(5, pier_send(pair[from], "first", 5, 0));
    assert_result(0, pier_send(pair[from], NULL, 0, 0));
    assert_result(6, pier_send(pair[from], "second", 6, 0));
    await_readable(pair[!from]);
    assert_result(5, pier_recv(pair[!from], text, sizeof text, 0));
    assert_memory_equal(text, "first", 5);
    await_readable(pair[!from]);
    assert_result(0, pier_recv(pair[!from], text, sizeof text, 0));
    await_readable(pair[!from]);
    assert_result(6, pier_recv(pair[!from], text, sizeof text, 0));
    assert_memory_equal(text, "second", 6);
  }
  close_pair(pair);
}

static void test_nothing_waits_in_a_new_pair(void **state)
{
  (void)state;
  static const int types[] = {SOCK_STREAM, SOCK_DGRAM};
  for (int i = 0; i < 2; i++) {
    pier_socket_t pair[2];
    char byte;
    assert_ok(pier_socketpair(AF_UNIX, types[i] | PIER_NONBLOCK, 0, pair));
    for (int end = 0; end < 2; end++) {
      int type = 0, error = -1;
      assert_ok(pier_get_option(pair[end], PIER_OPT_TYPE, &type));
      assert_int_equal(type, types[i]);
      assert_ok(pier_get_option(pair[end], PIER_OPT_ERROR, &error));
      assert_int_equal(error, 0);
      assert_result(PIER_EAGAIN, pier_recv(pair[end], &byte, 1, 0));
      assert_result(POLLOUT, pier_wait(pair[end], POLLIN | POLLOUT, 0, NULL));
    }
    close_pair(pair);
  }
}

/* Difference: 18-pair-flags */
static void test_both_ends_of_a_pair_have_the_flags_that_were_asked_for(void **state)
{
  (void)state;
  static const int types[] = {SOCK_STREAM, SOCK_DGRAM};
  static const int flags[] = {0, PIER_NONBLOCK, PIER_INHERIT, PIER_NONBLOCK | PIER_INHERIT};
  for (int i = 0; i < 8; i++) {
    pier_socket_t pair[2];
    int asked = flags[i / 2];
    assert_ok(pier_socketpair(AF_UNIX, types[i % 2] | asked, 0, pair));
    for (int end = 0; end < 2; end++) {
      assert_int_equal(is_inheritable(pair[end]), (asked & PIER_INHERIT) != 0);
      assert_int_equal(is_blocking(pair[end]), !(asked & PIER_NONBLOCK));
    }
    close_pair(pair);
  }
}

/* Difference: 18-pair-errors */
static void test_what_is_no_pair_has_its_code_and_gives_no_handle(void **state)
{
  (void)state;
  static const struct {
    int expected, family, type, protocol;
  } cases[] = {
    {PIER_ENOTSUP, AF_INET, SOCK_STREAM, 0},
    {PIER_ENOTSUP, AF_INET6, SOCK_DGRAM, 0},
    {PIER_ENOTSUP, AF_UNSPEC, SOCK_STREAM, 0},
    {PIER_ENOTSUP, 99, SOCK_STREAM, 0},
    {PIER_ESOCKTNOSUPPORT, AF_UNIX, 77, 0},
    {PIER_ESOCKTNOSUPPORT, AF_UNIX, 0, 0},
    {PIER_EPROTONOSUPPORT, AF_UNIX, SOCK_STREAM, IPPROTO_TCP},
    {PIER_EPROTONOSUPPORT, AF_UNIX, SOCK_DGRAM, -1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    pier_socket_t pair[2] = {0, 0};
    assert_result(cases[i].expected,
                  pier_socketpair(cases[i].family, cases[i].type, cases[i].protocol, pair));
    assert_memory_equal(pair, invalid, sizeof pair);
  }
  assert_result(PIER_EINVAL, pier_socketpair(AF_UNIX, SOCK_STREAM, 0, NULL));
}

static void test_where_no_socket_is_left_no_pair_is_made(void **state)
{
  (void)state;
  if (!limit_open_handles(1))
    skip_because("the system has no such limit");
  pier_socket_t pair[2];
  int before = count_open_handles();
  int result = pier_socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  int after = count_open_handles();
  restore_open_handles();
  assert_result(PIER_EMFILE, result);
  assert_memory_equal(pair, invalid, sizeof pair);
  assert_int_equal(before, after);
}

static void test_pairs_leave_nothing_open(void **state)
{
  (void)state;
  int before = 0;
  for (int i = 0; i < 30; i++) {
    pier_socket_t pair[2];
    if (i == 2) /* the first ones may open what stays */
      before = count_open_handles();
    assert_ok(pier_socketpair(AF_UNIX, i % 2 ? SOCK_STREAM : SOCK_DGRAM, 0, pair));
    close_pair(pair);
  }
  assert_int_equal(before, count_open_handles());
}

static void make_one(void *argument)
{
  pier_socket_t *pair = (pier_socket_t *)argument;
  if (pier_socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
    pair[0] = pair[1] = PIER_INVALID_SOCKET;
}

static void test_pairs_made_at_the_same_time_are_not_mixed_up(void **state)
{
  (void)state;
  enum { THREADS = 8 };
  pier_socket_t pairs[THREADS][2];
  test_thread *threads[THREADS];
  for (int i = 0; i < THREADS; i++)
    threads[i] = thread_start(make_one, pairs[i]);
  for (int i = 0; i < THREADS; i++)
    thread_join(threads[i]);
  for (int i = 0; i < THREADS; i++) {
    assert_true(pairs[i][0] != PIER_INVALID_SOCKET);
    send_whole(pairs[i][0], &i, sizeof i);
  }
  for (int i = 0; i < THREADS; i++) {
    int heard = -1;
    receive_whole(pairs[i][1], &heard, sizeof heard);
    assert_int_equal(heard, i);
    close_pair(pairs[i]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_a_stream_pair_carries_bytes_both_ways_and_ends),
    cmocka_unit_test(test_a_stream_pair_takes_a_megabyte_in_order),
    cmocka_unit_test(test_a_datagram_pair_keeps_each_datagram_whole),
    cmocka_unit_test(test_nothing_waits_in_a_new_pair),
    cmocka_unit_test(test_both_ends_of_a_pair_have_the_flags_that_were_asked_for),
    cmocka_unit_test(test_what_is_no_pair_has_its_code_and_gives_no_handle),
    cmocka_unit_test(test_where_no_socket_is_left_no_pair_is_made),
    cmocka_unit_test(test_pairs_leave_nothing_open),
    cmocka_unit_test(test_pairs_made_at_the_same_time_are_not_mixed_up),
  };
  return cmocka_run_group_tests_name("pair", tests, NULL, NULL);
}

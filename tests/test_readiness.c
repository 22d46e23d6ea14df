/* What poll and select tell of each happening: the same set of events on every system. */
#include "support.h"

#include <limits.h>

#define SHORT_MS 60

/* All that can be asked for. */
#define ALL (POLLIN | POLLOUT | POLLPRI)

static struct pollfd entry(pier_socket_t s, int events)
{
  struct pollfd fd;
  fd.fd = s;
  fd.events = (short)events;
  fd.revents = 0x7fff;
  return fd;
}

static int events_of(pier_socket_t s, int asked, int timeout_ms)
{
  struct pollfd fd = entry(s, asked);
  int result = pier_poll(&fd, 1, timeout_ms);
  assert_ok(result);
  assert_int_equal(result, fd.revents != 0);
  return fd.revents;
}

/* Polls until the events are all there, and then they must be those and no others: what a system
   tells of one happening may come in two steps. */
static void await_exactly(pier_socket_t s, int asked, int events)
{
  int64_t start = now_ms();
  int found = events_of(s, asked, TEST_TIMEOUT_MS);
  while ((found & events) != events && now_ms() - start < TEST_TIMEOUT_MS)
    found = events_of(s, asked, TEST_TIMEOUT_MS);
  assert_int_equal(found, events);
}

static void assert_no_events(pier_socket_t s, int asked)
{
  int64_t start = now_ms();
  assert_int_equal(events_of(s, asked, SHORT_MS), 0);
  assert_true(now_ms() - start >= SHORT_MS - (on_windows() ? 16 : 0)); /* a tick of its clock */
}

static void half_close(pier_socket_t pair[2])
{
  assert_ok(pier_shutdown(pair[1], SHUT_WR));
  assert_true(events_of(pair[0], POLLIN, TEST_TIMEOUT_MS) & POLLIN);
}

/* ---- half-close ---- */

/* Difference: 11-half-close */
static void test_a_half_closed_connection_is_readable_and_has_not_hung_up(void **state)
{
  (void)state;
  char byte;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_shutdown(pair[1], SHUT_WR));
  await_exactly(pair[0], POLLIN, POLLIN);
  assert_result(0, pier_recv(pair[0], &byte, 1, 0));
  await_exactly(pair[0], POLLIN, POLLIN);
  await_exactly(pair[0], ALL, POLLIN | POLLOUT);
  close_pair(pair);
}

/* Difference: 11-half-close-behind-data */
static void test_the_end_of_stream_behind_data_is_readable_before_and_after_it(void **state)
{
  (void)state;
  char data[4];
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  send_whole(pair[1], "data", 4);
  assert_ok(pier_shutdown(pair[1], SHUT_WR));
  await_exactly(pair[0], POLLIN, POLLIN);
  receive_whole(pair[0], data, 4);
  await_exactly(pair[0], POLLIN, POLLIN);
  assert_result(0, pier_recv(pair[0], data, 1, 0));
  close_pair(pair);
}

/* Difference: 11-half-close-unasked */
static void test_a_half_close_that_nobody_asked_for_does_not_end_a_wait(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  half_close(pair);
  assert_no_events(pair[0], 0);
  assert_no_events(pair[0], POLLPRI);
  assert_int_equal(events_of(pair[0], POLLOUT, TEST_TIMEOUT_MS), POLLOUT);
  assert_result(PIER_ETIMEDOUT, pier_wait(pair[0], 0, SHORT_MS, NULL));
  close_pair(pair);
}

/* Difference: 11-half-close-beside-others */
static void test_a_half_close_that_nobody_asked_for_hides_no_other_socket(void **state)
{
  (void)state;
  pier_socket_t closed[2], good[2];
  make_tcp_pair(AF_INET, closed);
  make_tcp_pair(AF_INET, good);
  half_close(closed);
  struct pollfd fds[] = {entry(closed[0], 0), entry(good[0], POLLIN)};
  assert_result(0, pier_poll(fds, 2, SHORT_MS));
  send_whole(good[1], "x", 1);
  assert_result(1, pier_poll(fds, 2, TEST_TIMEOUT_MS));
  assert_int_equal(fds[0].revents, 0);
  assert_int_equal(fds[1].revents, POLLIN);
  close_pair(closed);
  close_pair(good);
}

/* Difference: 11-both-closed */
static void test_the_end_of_both_directions_is_a_hang_up_whoever_ends_first(void **state)
{
  (void)state;
  for (int first = 0; first < 2; first++) {
    pier_socket_t pair[2];
    make_tcp_pair(AF_INET, pair);
    assert_ok(pier_shutdown(pair[first], SHUT_WR));
    assert_true(events_of(pair[!first], POLLIN, TEST_TIMEOUT_MS) & POLLIN);
    assert_ok(pier_shutdown(pair[!first], SHUT_WR));
    for (int i = 0; i < 2; i++) {
      await_exactly(pair[i], 0, POLLHUP);
      await_exactly(pair[i], ALL, POLLIN | POLLOUT | POLLHUP);
    }
    close_pair(pair);
  }
}

/* Difference: 11-own-end-alone */
static void test_an_end_of_ones_own_alone_is_no_hang_up(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_shutdown(pair[0], SHUT_WR));
  assert_no_events(pair[0], POLLIN);
  await_exactly(pair[0], ALL, POLLOUT); /* a send does not block: it fails */
  close_pair(pair);
}

typedef struct waiter {
  pier_socket_t socket, ready;
  int events, timeout_ms;
  int result, revents;
} waiter;

static void wait_for_events(void *argument)
{
  waiter *w = (waiter *)argument;
  struct pollfd fd = entry(w->socket, w->events);
  if (w->ready != PIER_INVALID_SOCKET)
    pier_send(w->ready, "x", 1, 0);
  w->result = pier_poll(&fd, 1, w->timeout_ms);
  w->revents = fd.revents;
}

static waiter waiter_for(pier_socket_t s, int events, int timeout_ms, pier_socket_t ready)
{
  waiter w = {s, ready, events, timeout_ms, 0, 0};
  return w;
}

/* Difference: 11-own-end-meanwhile */
static void test_a_wait_for_nothing_hears_of_an_end_that_another_thread_made(void **state)
{
  (void)state;
  char byte;
  pier_socket_t pair[2], signal[2];
  make_tcp_pair(AF_INET, pair);
  make_tcp_pair(AF_INET, signal);
  half_close(pair);
  waiter w = waiter_for(pair[0], 0, TEST_TIMEOUT_MS, signal[0]);
  test_thread *thread = thread_start(wait_for_events, &w);
  receive_whole(signal[1], &byte, 1);
  assert_ok(pier_shutdown(pair[0], SHUT_WR));
  thread_join(thread);
  assert_result(1, w.result);
  assert_int_equal(w.revents, POLLHUP);
  close_pair(pair);
  close_pair(signal);
}

/* ---- failures ---- */

/* Difference: 11-reset */
static void test_a_reset_is_an_error_and_a_hang_up_and_all_that_was_asked(void **state)
{
  (void)state;
  static const int asked[] = {0, POLLIN, POLLOUT, POLLIN | POLLOUT};
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_abort(pair[1]));
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
    await_exactly(pair[0], asked[i], asked[i] | POLLERR | POLLHUP);
  assert_ok(pier_close(pair[0]));
}

/* Difference: 11-refused */
static void test_a_refused_connect_is_an_error_and_a_hang_up_and_all_that_was_asked(void **state)
{
  (void)state;
  static const int asked[] = {0, POLLIN, POLLOUT, POLLIN | POLLOUT};
  pier_address dead = make_dead_address(AF_INET);
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
    pier_socket_t s;
    assert_ok(pier_socket(AF_INET, SOCK_STREAM | PIER_NONBLOCK, 0, &s));
    assert_result(PIER_EINPROGRESS, pier_connect(s, &dead.sa, dead.len));
    await_exactly(s, asked[i], asked[i] | POLLERR | POLLHUP);
    assert_ok(pier_close(s));
  }
}

/* Difference: 11-connect-meanwhile */
static void test_a_wait_that_is_under_way_hears_of_a_refused_connect(void **state)
{
  (void)state;
  pier_socket_t s, other[2];
  pier_address dead = make_dead_address(AF_INET);
  make_tcp_pair(AF_INET, other);
  assert_ok(pier_socket(AF_INET, SOCK_STREAM | PIER_NONBLOCK, 0, &s));
  assert_result(PIER_EINPROGRESS, pier_connect(s, &dead.sa, dead.len));
  struct pollfd fds[] = {entry(other[0], POLLIN), entry(s, POLLOUT)};
  assert_result(1, pier_poll(fds, 2, TEST_TIMEOUT_MS));
  assert_int_equal(fds[0].revents, 0);
  assert_true(fds[1].revents & POLLERR);
  assert_ok(pier_close(s));
  close_pair(other);
}

/* ---- what may be asked ---- */

/* Difference: 11-asked-for-what-is-unasked */
static void test_what_is_told_unasked_may_be_asked_for(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  int asked = ALL | POLLERR | POLLHUP | POLLNVAL;
  await_exactly(pair[0], asked, POLLOUT);
  send_whole(pair[1], "x", 1);
  await_exactly(pair[0], asked, POLLIN | POLLOUT);
  close_pair(pair);
}

/* Difference: 11-same-socket-twice */
static void test_one_socket_may_stand_in_the_list_several_times(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  send_whole(pair[1], "x", 1);
  await_readable(pair[0]);
  struct pollfd fds[] = {entry(pair[0], POLLIN), entry(pair[1], POLLIN), entry(pair[0], POLLOUT),
                         entry(pair[0], 0), entry(pair[0], ALL)};
  assert_result(3, pier_poll(fds, 5, TEST_TIMEOUT_MS));
  assert_int_equal(fds[0].revents, POLLIN);
  assert_int_equal(fds[1].revents, 0);
  assert_int_equal(fds[2].revents, POLLOUT);
  assert_int_equal(fds[3].revents, 0);
  assert_int_equal(fds[4].revents, POLLIN | POLLOUT);
  close_pair(pair);
}

/* Difference: 11-empty-datagram */
static void test_an_empty_datagram_is_readable(void **state)
{
  (void)state;
  char byte;
  pier_socket_t pair[2];
  make_udp_pair(AF_INET, pair);
  await_exactly(pair[0], ALL, POLLOUT);
  assert_result(0, pier_send(pair[1], NULL, 0, 0));
  await_exactly(pair[0], POLLIN, POLLIN);
  assert_result(0, pier_recv(pair[0], &byte, 1, 0));
  assert_int_equal(events_of(pair[0], POLLIN, 0), 0);
  close_pair(pair);
}

/* ---- other threads ---- */

/* Difference: 11-closed-meanwhile */
static void test_a_socket_closed_while_it_is_waited_for_is_no_events_or_pollnval(void **state)
{
  (void)state;
  char byte;
  pier_socket_t pair[2], signal[2];
  make_tcp_pair(AF_INET, pair);
  make_tcp_pair(AF_INET, signal);
  waiter w = waiter_for(pair[0], POLLIN, 5 * SHORT_MS, signal[0]);
  test_thread *thread = thread_start(wait_for_events, &w);
  receive_whole(signal[1], &byte, 1);
  assert_ok(pier_close(pair[0]));
  thread_join(thread);
  assert_int_equal(w.result, w.revents != 0);
  if (w.revents != 0 || on_windows())
    assert_int_equal(w.revents, POLLNVAL);
  assert_int_equal(events_of(pair[0], POLLIN, 0), POLLNVAL);
  assert_ok(pier_close(pair[1]));
  close_pair(signal);
}

/* The peer takes some of it yet, so the socket may become writable once more. */
static void fill_up(pier_socket_t s)
{
  static char data[65536];
  while (pier_send(s, data, sizeof data, MSG_DONTWAIT) > 0)
    continue;
}

/* Difference: 11-reader-and-writer */
static void test_threads_that_wait_for_one_socket_get_each_its_own_events(void **state)
{
  (void)state;
  char byte;
  static char data[65536];
  pier_socket_t pair[2], signal[2];
  make_tcp_pair(AF_INET, pair);
  make_tcp_pair(AF_INET, signal);
  fill_up(pair[0]);
  waiter reader = waiter_for(pair[0], POLLIN, TEST_TIMEOUT_MS, signal[0]);
  waiter writer = waiter_for(pair[0], POLLOUT, TEST_TIMEOUT_MS, signal[0]);
  test_thread *reads = thread_start(wait_for_events, &reader);
  test_thread *writes = thread_start(wait_for_events, &writer);
  receive_whole(signal[1], &byte, 1);
  receive_whole(signal[1], &byte, 1);
  send_whole(pair[1], "x", 1);
  thread_join(reads);
  assert_int_equal(reader.revents, POLLIN);
  while (events_of(pair[0], POLLOUT, 0) == 0)
    assert_true(pier_recv(pair[1], data, sizeof data, 0) > 0);
  thread_join(writes);
  assert_int_equal(writer.revents, POLLOUT);
  close_pair(pair);
  close_pair(signal);
}

/* ---- select ---- */

/* In which of the three sets a socket is after a select that asked in all of them: 1 readable,
   2 writable, 4 exceptional. */
static int places_of(pier_socket_t s, int asked, int timeout_ms)
{
  fd_set readable, writable, exceptional;
  FD_ZERO(&readable);
  FD_ZERO(&writable);
  FD_ZERO(&exceptional);
  if (asked & 1)
    FD_SET(s, &readable);
  if (asked & 2)
    FD_SET(s, &writable);
  if (asked & 4)
    FD_SET(s, &exceptional);
  int result = pier_select((int)s + 1, &readable, &writable, &exceptional, timeout_ms);
  int places = (FD_ISSET(s, &readable) ? 1 : 0) | (FD_ISSET(s, &writable) ? 2 : 0) |
               (FD_ISSET(s, &exceptional) ? 4 : 0);
  assert_result((places & 1) + (places >> 1 & 1) + (places >> 2), result);
  return places;
}

/* Difference: 12-reset */
static void test_select_tells_a_reset_in_each_set_that_asked(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_abort(pair[1]));
  await_exactly(pair[0], 0, POLLERR | POLLHUP);
  for (int asked = 1; asked <= 7; asked++)
    assert_int_equal(places_of(pair[0], asked, TEST_TIMEOUT_MS), asked);
  assert_ok(pier_close(pair[0]));
}

/* Difference: 12-half-close */
static void test_select_tells_a_half_close_as_readable_alone(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  half_close(pair);
  assert_int_equal(places_of(pair[0], 1 | 4, TEST_TIMEOUT_MS), 1);
  int64_t start = now_ms();
  assert_int_equal(places_of(pair[0], 4, SHORT_MS), 0);
  assert_true(now_ms() - start >= SHORT_MS - (on_windows() ? 16 : 0));
  assert_int_equal(places_of(pair[0], 2 | 4, TEST_TIMEOUT_MS), 2);
  close_pair(pair);
}

/* Difference: 12-sets-of-different-order */
static void test_select_finds_sockets_in_whatever_order_they_stand_in_the_sets(void **state)
{
  (void)state;
  enum { SOCKETS = 20 };
  pier_socket_t sockets[SOCKETS];
  pier_address name;
  fd_set readable, writable;
  int nfds = 0;
  FD_ZERO(&readable);
  FD_ZERO(&writable);
  for (int i = 0; i < SOCKETS; i++) {
    sockets[i] = make_udp(AF_INET, &name);
    FD_SET(sockets[i], &readable);
    nfds = (int)sockets[i] >= nfds ? (int)sockets[i] + 1 : nfds;
  }
  for (int i = SOCKETS - 1; i >= 0; i -= 2)
    FD_SET(sockets[i], &writable);
  assert_result(1, pier_sendto(sockets[0], "x", 1, 0, &name.sa, name.len)); /* to the last one */
  await_readable(sockets[SOCKETS - 1]);
  assert_result(SOCKETS / 2 + 1, pier_select(nfds, &readable, &writable, NULL, TEST_TIMEOUT_MS));
  for (int i = 0; i < SOCKETS; i++) {
    assert_int_equal(FD_ISSET(sockets[i], &readable) != 0, i == SOCKETS - 1);
    assert_int_equal(FD_ISSET(sockets[i], &writable) != 0, i % 2 == 1);
    assert_ok(pier_close(sockets[i]));
  }
}

/* ---- time ---- */

/* Difference: 29-longest-time */
static void test_the_longest_time_is_not_over_at_once(void **state)
{
  (void)state;
  char byte;
  pier_socket_t pair[2], signal[2];
  make_tcp_pair(AF_INET, pair);
  make_tcp_pair(AF_INET, signal);
  assert_int_equal(events_of(pair[0], POLLOUT, INT_MAX), POLLOUT);
  waiter w = waiter_for(pair[0], POLLIN, INT_MAX, signal[0]);
  test_thread *thread = thread_start(wait_for_events, &w);
  receive_whole(signal[1], &byte, 1);
  send_whole(pair[1], "x", 1);
  thread_join(thread);
  assert_result(1, w.result);
  assert_int_equal(w.revents, POLLIN);
  close_pair(pair);
  close_pair(signal);
}

/* Difference: 29-longer-than-a-step */
static void test_a_wait_that_is_made_in_steps_ends_in_time_and_with_its_event(void **state)
{
  (void)state;
  char byte;
  pier_socket_t pair[2], signal[2];
  make_tcp_pair(AF_INET, pair);
  make_tcp_pair(AF_INET, signal);
  int64_t start = now_ms();
  assert_int_equal(events_of(pair[0], POLLIN, 1100), 0);
  assert_true(now_ms() - start >= 1100 - (on_windows() ? 16 : 0));
  assert_true(now_ms() - start < 11000);
  waiter w = waiter_for(pair[0], POLLIN, PIER_FOREVER, signal[0]);
  test_thread *thread = thread_start(wait_for_events, &w);
  receive_whole(signal[1], &byte, 1);
  assert_int_equal(events_of(pair[1], POLLIN, 1100), 0);
  send_whole(pair[1], "x", 1);
  thread_join(thread);
  assert_int_equal(w.revents, POLLIN);
  close_pair(pair);
  close_pair(signal);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_a_half_closed_connection_is_readable_and_has_not_hung_up),
    cmocka_unit_test(test_the_end_of_stream_behind_data_is_readable_before_and_after_it),
    cmocka_unit_test(test_a_half_close_that_nobody_asked_for_does_not_end_a_wait),
    cmocka_unit_test(test_a_half_close_that_nobody_asked_for_hides_no_other_socket),
    cmocka_unit_test(test_the_end_of_both_directions_is_a_hang_up_whoever_ends_first),
    cmocka_unit_test(test_an_end_of_ones_own_alone_is_no_hang_up),
    cmocka_unit_test(test_a_wait_for_nothing_hears_of_an_end_that_another_thread_made),
    cmocka_unit_test(test_a_reset_is_an_error_and_a_hang_up_and_all_that_was_asked),
    cmocka_unit_test(test_a_refused_connect_is_an_error_and_a_hang_up_and_all_that_was_asked),
    cmocka_unit_test(test_a_wait_that_is_under_way_hears_of_a_refused_connect),
    cmocka_unit_test(test_what_is_told_unasked_may_be_asked_for),
    cmocka_unit_test(test_one_socket_may_stand_in_the_list_several_times),
    cmocka_unit_test(test_an_empty_datagram_is_readable),
    cmocka_unit_test(test_a_socket_closed_while_it_is_waited_for_is_no_events_or_pollnval),
    cmocka_unit_test(test_threads_that_wait_for_one_socket_get_each_its_own_events),
    cmocka_unit_test(test_select_tells_a_reset_in_each_set_that_asked),
    cmocka_unit_test(test_select_tells_a_half_close_as_readable_alone),
    cmocka_unit_test(test_select_finds_sockets_in_whatever_order_they_stand_in_the_sets),
    cmocka_unit_test(test_the_longest_time_is_not_over_at_once),
    cmocka_unit_test(test_a_wait_that_is_made_in_steps_ends_in_time_and_with_its_event),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

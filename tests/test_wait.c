/* Waiting: pier_poll, pier_select and pier_wait. */
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A wait of this length must not take ten times as long, plus what a busy machine needs. */
#define SHORT_MS 60
#define LATE_MS (10 * SHORT_MS + 2000)

static void check_elapsed(int64_t start, int at_least_ms)
{
  int64_t elapsed = now_ms() - start;
  /* The test's clock ticks every 16 ms on Windows, and so may tell a little less. */
  if (elapsed < at_least_ms - (on_windows() ? 16 : 0) || elapsed > LATE_MS)
    fail_msg("a wait of %d ms took %ld ms", at_least_ms, (long)elapsed);
}

static struct pollfd entry(pier_socket_t s, int events)
{
  struct pollfd fd;
  fd.fd = s;
  fd.events = (short)events;
  fd.revents = 0x7fff;
  return fd;
}

/* A socket whose connect, without blocking, has been refused or will be. */
static pier_socket_t make_refused(void)
{
  pier_socket_t s;
  pier_address dead = make_dead_address(AF_INET);
  assert_ok(pier_socket(AF_INET, SOCK_STREAM | PIER_NONBLOCK, 0, &s));
  assert_result(PIER_EINPROGRESS, pier_connect(s, &dead.sa, dead.len));
  return s;
}

/* ---- poll: what is there ---- */

static int events_of(pier_socket_t s, int asked, int timeout_ms)
{
  struct pollfd fd = entry(s, asked);
  int result = pier_poll(&fd, 1, timeout_ms);
  assert_ok(result);
  assert_int_equal(result, fd.revents != 0);
  return fd.revents;
}

static void test_poll_tells_readable_and_writable(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_int_equal(events_of(pair[0], POLLIN, 0), 0);
  assert_int_equal(events_of(pair[0], POLLIN | POLLOUT, TEST_TIMEOUT_MS), POLLOUT);
  send_whole(pair[1], "x", 1);
  assert_int_equal(events_of(pair[0], POLLIN, TEST_TIMEOUT_MS) & POLLIN, POLLIN);
  assert_int_equal(events_of(pair[0], POLLIN | POLLOUT, 0), POLLIN | POLLOUT);
  assert_int_equal(events_of(pair[0], POLLOUT, 0), POLLOUT);
  close_pair(pair);
}

/* Difference: 11-accept */
static void test_poll_tells_a_connection_to_accept(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t listener = make_listener(AF_INET, &name), client, server;
  assert_int_equal(events_of(listener, POLLIN, 0), 0);
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &client));
  assert_ok(pier_connect(client, &name.sa, name.len));
  assert_int_equal(events_of(listener, POLLIN, TEST_TIMEOUT_MS), POLLIN);
  assert_ok(pier_accept(listener, NULL, NULL, 0, &server));
  assert_int_equal(events_of(listener, POLLIN, 0), 0);
  assert_ok(pier_close(server));
  assert_ok(pier_close(client));
  assert_ok(pier_close(listener));
}

/* Difference: 11-connected */
static void test_poll_tells_that_a_connect_has_succeeded(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t listener = make_listener(AF_INET, &name), client;
  int error = -1;
  assert_ok(pier_socket(AF_INET, SOCK_STREAM | PIER_NONBLOCK, 0, &client));
  int result = pier_connect(client, &name.sa, name.len);
  assert_either(0, PIER_EINPROGRESS, result);
  assert_int_equal(events_of(client, POLLOUT, TEST_TIMEOUT_MS), POLLOUT);
  assert_ok(pier_get_option(client, PIER_OPT_ERROR, &error));
  assert_int_equal(error, 0);
  assert_ok(pier_close(client));
  assert_ok(pier_close(listener));
}

static void test_poll_tells_that_a_connect_was_refused(void **state)
{
  (void)state;
  pier_socket_t s = make_refused();
  int error = 0;
  int events = events_of(s, POLLOUT, TEST_TIMEOUT_MS);
  assert_true(events & POLLERR);
  assert_true(events & POLLOUT);
  assert_ok(pier_get_option(s, PIER_OPT_ERROR, &error));
  assert_result(PIER_ECONNREFUSED, error);
  assert_ok(pier_close(s));
}

static void test_poll_tells_the_peers_end_of_stream_as_readable(void **state)
{
  (void)state;
  char byte;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_shutdown(pair[1], SHUT_WR));
  assert_true(events_of(pair[0], POLLIN, TEST_TIMEOUT_MS) & POLLIN);
  assert_result(0, pier_recv(pair[0], &byte, 1, MSG_DONTWAIT));
  assert_true(events_of(pair[0], POLLIN, 0) & POLLIN); /* and goes on to do so */
  close_pair(pair);
}

static void test_poll_tells_the_end_of_both_directions_as_a_hang_up_unasked(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_int_equal(events_of(pair[0], 0, 0), 0);
  assert_ok(pier_shutdown(pair[1], SHUT_WR));
  assert_ok(pier_shutdown(pair[0], SHUT_WR));
  assert_int_equal(events_of(pair[0], 0, TEST_TIMEOUT_MS), POLLHUP);
  close_pair(pair);
}

static void test_poll_tells_a_reset_unasked(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_abort(pair[1]));
  assert_true(events_of(pair[0], 0, TEST_TIMEOUT_MS) & (POLLERR | POLLHUP));
  assert_true(events_of(pair[0], POLLIN, 0) & POLLIN);
  assert_ok(pier_close(pair[0]));
}

/* Difference: 11-out-of-band */
static void test_poll_tells_out_of_band_data(void **state)
{
  (void)state;
  char byte = 0;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_result(1, pier_send(pair[1], "!", 1, MSG_OOB));
  assert_int_equal(events_of(pair[0], POLLPRI, TEST_TIMEOUT_MS), POLLPRI);
  assert_int_equal(events_of(pair[0], 0, 0), 0);
  assert_result(1, pier_recv(pair[0], &byte, 1, MSG_OOB));
  assert_int_equal(byte, '!');
  assert_int_equal(events_of(pair[0], POLLPRI, 0), 0);
  close_pair(pair);
}

/* Difference: 11-out-of-band-is-not-readable */
static void test_poll_does_not_take_out_of_band_data_for_readable(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_result(1, pier_send(pair[1], "!", 1, MSG_OOB));
  assert_int_equal(events_of(pair[0], POLLPRI | POLLIN, TEST_TIMEOUT_MS), POLLPRI);
  close_pair(pair);
}

static void test_poll_tells_a_full_send_buffer_as_not_writable(void **state)
{
  (void)state;
  static char data[65536];
  pier_socket_t pair[2];
  pier_ssize_t sent;
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_set_nonblocking(pair[0], true));
  do
    sent = pier_send(pair[0], data, sizeof data, 0);
  while (sent > 0);
  assert_result(PIER_EAGAIN, sent);
  assert_int_equal(events_of(pair[0], POLLOUT, 0), 0);
  while (events_of(pair[0], POLLOUT, 0) == 0) /* until the peer has taken enough of it */
    assert_true(pier_recv(pair[1], data, sizeof data, 0) > 0);
  close_pair(pair);
}

static void test_poll_reports_exactly_the_ready_ones_of_many(void **state)
{
  (void)state;
  enum { PAIRS = 10 };
  pier_socket_t pairs[PAIRS][2];
  struct pollfd fds[PAIRS];
  for (int i = 0; i < PAIRS; i++) {
    make_udp_pair(AF_INET, pairs[i]);
    fds[i] = entry(pairs[i][0], POLLIN);
  }
  for (int i = 0; i < PAIRS; i += 3)
    assert_result(1, pier_send(pairs[i][1], "x", 1, 0));
  for (int i = 0; i < PAIRS; i += 3)
    await_readable(pairs[i][0]);
  assert_result(4, pier_poll(fds, PAIRS, TEST_TIMEOUT_MS));
  for (int i = 0; i < PAIRS; i++) {
    assert_int_equal(fds[i].revents, i % 3 == 0 ? POLLIN : 0);
    close_pair(pairs[i]);
  }
}

/* ---- poll: handles that are none ---- */

/* Difference: 11-negative-handles */
static void test_poll_passes_over_invalid_sockets(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  struct pollfd fds[] = {entry(PIER_INVALID_SOCKET, POLLIN), entry(pair[0], POLLOUT),
                         entry(PIER_INVALID_SOCKET, POLLIN | POLLOUT)};
  assert_result(1, pier_poll(fds, COUNT(fds), TEST_TIMEOUT_MS));
  assert_int_equal(fds[0].revents, 0);
  assert_int_equal(fds[1].revents, POLLOUT);
  assert_int_equal(fds[2].revents, 0);
  close_pair(pair);
}

/* Difference: 11-negative-handles-alone */
static void test_poll_of_invalid_sockets_alone_is_a_sleep(void **state)
{
  (void)state;
  struct pollfd fds[] = {entry(PIER_INVALID_SOCKET, POLLIN), entry(PIER_INVALID_SOCKET, 0)};
  int64_t start = now_ms();
  assert_result(0, pier_poll(fds, COUNT(fds), SHORT_MS));
  check_elapsed(start, SHORT_MS);
  assert_int_equal(fds[0].revents, 0);
  assert_int_equal(fds[1].revents, 0);
}

/* Difference: 11-invalid-alone */
static void test_poll_counts_a_closed_socket_as_one_with_pollnval(void **state)
{
  (void)state;
  struct pollfd fd = entry(make_closed_socket(), POLLIN);
  assert_result(1, pier_poll(&fd, 1, TEST_TIMEOUT_MS));
  assert_int_equal(fd.revents, POLLNVAL);
}

/* Difference: 11-invalid-beside-good */
static void test_poll_tells_a_closed_socket_beside_good_ones(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  struct pollfd fds[] = {entry(pair[0], POLLOUT), entry(make_closed_socket(), POLLIN),
                         entry(PIER_INVALID_SOCKET, POLLIN), entry(pair[1], POLLIN)};
  assert_result(2, pier_poll(fds, COUNT(fds), TEST_TIMEOUT_MS));
  assert_int_equal(fds[0].revents, POLLOUT);
  assert_int_equal(fds[1].revents, POLLNVAL);
  assert_int_equal(fds[2].revents, 0);
  assert_int_equal(fds[3].revents, 0);
  close_pair(pair);
}

/* Difference: 11-invalid-ends-the-wait */
static void test_poll_does_not_wait_beside_a_closed_socket(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  struct pollfd fds[] = {entry(pair[0], POLLIN), entry(make_closed_socket(), POLLIN)};
  int64_t start = now_ms();
  assert_result(1, pier_poll(fds, COUNT(fds), TEST_TIMEOUT_MS));
  assert_true(now_ms() - start < TEST_TIMEOUT_MS / 2);
  assert_int_equal(fds[0].revents, 0);
  assert_int_equal(fds[1].revents, POLLNVAL);
  close_pair(pair);
}

/* Difference: 29-bad-times */
static void test_poll_refuses_null_and_bad_times(void **state)
{
  (void)state;
  struct pollfd fd = entry(PIER_INVALID_SOCKET, 0);
  assert_result(PIER_EINVAL, pier_poll(NULL, 1, 0));
  assert_result(PIER_EINVAL, pier_poll(&fd, 1, -2));
  assert_result(PIER_EINVAL, pier_poll(NULL, 0, INT32_MIN));
}

/* ---- poll: time ---- */

/* Difference: 29-never-early */
static void test_poll_is_not_early_and_not_very_late(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_udp_pair(AF_INET, pair);
  for (int ms = 1; ms <= SHORT_MS; ms += 13) {
    int64_t start = now_ms();
    assert_int_equal(events_of(pair[0], POLLIN, ms), 0);
    check_elapsed(start, ms);
  }
  close_pair(pair);
}

/* Difference: 11-no-handles */
static void test_poll_of_nothing_is_a_sleep(void **state)
{
  (void)state;
  struct pollfd fd = entry(PIER_INVALID_SOCKET, POLLIN);
  int64_t start = now_ms();
  assert_result(0, pier_poll(NULL, 0, SHORT_MS));
  check_elapsed(start, SHORT_MS);
  assert_result(0, pier_poll(&fd, 0, 0));
  assert_int_equal(fd.revents, 0x7fff);
}

static void test_poll_without_time_does_not_wait(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_udp_pair(AF_INET, pair);
  int64_t start = now_ms();
  for (int i = 0; i < 20; i++)
    assert_int_equal(events_of(pair[0], POLLIN, 0), 0);
  assert_true(now_ms() - start < LATE_MS);
  close_pair(pair);
}

/* ---- poll: many ---- */

static void close_all(pier_socket_t *sockets, size_t count)
{
  for (size_t i = 0; i < count; i++)
    assert_ok(pier_close(sockets[i]));
}

static void poll_many(size_t count)
{
  pier_socket_t *sockets = (pier_socket_t *)calloc(count, sizeof *sockets);
  struct pollfd *fds = (struct pollfd *)calloc(count, sizeof *fds);
  pier_address name;
  assert_non_null(sockets);
  assert_non_null(fds);
  for (size_t i = 0; i < count; i++) {
    sockets[i] = make_udp(AF_INET, &name);
    fds[i] = entry(sockets[i], POLLIN);
  }
  assert_result(0, pier_poll(fds, count, 0));
  assert_result(1, pier_sendto(sockets[0], "x", 1, 0, &name.sa, name.len)); /* to the last one */
  await_readable(sockets[count - 1]);
  assert_result(1, pier_poll(fds, count, TEST_TIMEOUT_MS));
  for (size_t i = 0; i < count; i++)
    assert_int_equal(fds[i].revents, i == count - 1 ? POLLIN : 0);
  for (size_t i = 0; i < count; i++)
    fds[i].events = POLLOUT;
  assert_result(count, pier_poll(fds, count, TEST_TIMEOUT_MS));
  close_all(sockets, count);
  assert_result(count, pier_poll(fds, count, TEST_TIMEOUT_MS));
  assert_int_equal(fds[0].revents, POLLNVAL);
  assert_int_equal(fds[count - 1].revents, POLLNVAL);
  free(fds);
  free(sockets);
}

/* Difference: 11-more-than-64 */
static void test_poll_takes_more_than_64_sockets(void **state)
{
  (void)state;
  static const size_t counts[] = {63, 64, 65, 200};
  if (!allow_open_handles(300))
    skip_because("this process may not open 300 descriptors");
  for (size_t i = 0; i < COUNT(counts); i++)
    poll_many(counts[i]);
}

/* Difference: 11-more-than-1024 */
static void test_poll_takes_more_than_1024_sockets(void **state)
{
  (void)state;
  if (!allow_open_handles(1300))
    skip_because("this process may not open 1300 descriptors");
  poll_many(1200);
}

/* ---- signals and threads ---- */

/* Difference: 29-interrupted */
static void test_a_storm_of_signals_neither_ends_nor_lengthens_a_wait(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  struct pollfd fd;
  make_udp_pair(AF_INET, pair);
  if (!start_signal_storm()) {
    close_pair(pair);
    skip_because("this system has no such signals");
  }
  fd = entry(pair[0], POLLIN);
  int64_t start = now_ms();
  int polled = pier_poll(&fd, 1, 200);
  int64_t poll_end = now_ms();
  int waited = pier_wait(pair[0], POLLIN, 200, NULL);
  int64_t wait_end = now_ms();
  int selected = pier_select(0, NULL, NULL, NULL, 200);
  int64_t select_end = now_ms();
  stop_signal_storm();
  assert_true(signals_delivered() > 20);
  assert_result(0, polled);
  assert_result(PIER_ETIMEDOUT, waited);
  assert_result(0, selected);
  assert_in_range(poll_end - start, 200, 2000);
  assert_in_range(wait_end - poll_end, 200, 2000);
  assert_in_range(select_end - wait_end, 200, 2000);
  close_pair(pair);
}

typedef struct waiter {
  pier_socket_t ready, socket;
  int by_wait, by_poll, by_select;
} waiter;

/* Says each time that it is about to wait, and then waits without end. */
static void wait_three_times(void *argument)
{
  waiter *w = (waiter *)argument;
  char byte;
  struct pollfd fd = entry(w->socket, POLLIN);
  pier_send(w->ready, "1", 1, 0);
  w->by_wait = pier_wait(w->socket, POLLIN, PIER_FOREVER, NULL);
  pier_recv(w->socket, &byte, 1, 0);
  pier_send(w->ready, "2", 1, 0);
  w->by_poll = pier_poll(&fd, 1, PIER_FOREVER);
  pier_recv(w->socket, &byte, 1, 0);
  fd_set set;
  FD_ZERO(&set);
  FD_SET(w->socket, &set);
  pier_send(w->ready, "3", 1, 0);
  w->by_select = pier_select((int)w->socket + 1, &set, NULL, NULL, PIER_FOREVER);
}

static void test_a_thread_that_waits_is_woken_by_what_another_sends(void **state)
{
  (void)state;
  char byte;
  pier_socket_t signal[2], data[2];
  waiter w = {0};
  make_tcp_pair(AF_INET, signal);
  make_tcp_pair(AF_INET, data);
  w.ready = signal[0];
  w.socket = data[0];
  test_thread *thread = thread_start(wait_three_times, &w);
  for (int i = 0; i < 3; i++) {
    receive_whole(signal[1], &byte, 1);
    send_whole(data[1], "x", 1);
  }
  thread_join(thread);
  assert_int_equal(w.by_wait, POLLIN);
  assert_int_equal(w.by_poll, 1);
  assert_int_equal(w.by_select, 1);
  close_pair(signal);
  close_pair(data);
}

static void test_several_threads_wait_for_one_socket(void **state)
{
  (void)state;
  enum { THREADS = 4 };
  char byte;
  pier_socket_t signal[2], data[2];
  waiter waiters[THREADS] = {{0}};
  test_thread *threads[THREADS];
  make_tcp_pair(AF_INET, signal);
  make_tcp_pair(AF_INET, data);
  for (int i = 0; i < THREADS; i++) {
    waiters[i].ready = signal[0];
    waiters[i].socket = data[0];
    threads[i] = thread_start(wait_three_times, &waiters[i]);
  }
  for (int i = 0; i < 3 * THREADS; i++) { /* each takes three bytes, and which ones is chance */
    receive_whole(signal[1], &byte, 1);
    send_whole(data[1], "x", 1);
  }
  for (int i = 0; i < THREADS; i++) {
    thread_join(threads[i]);
    assert_int_equal(waiters[i].by_wait, POLLIN);
    assert_int_equal(waiters[i].by_poll, 1);
    assert_int_equal(waiters[i].by_select, 1);
  }
  close_pair(signal);
  close_pair(data);
}

/* ---- wait ---- */

static void test_wait_gives_the_events_that_are_there(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_result(POLLOUT, pier_wait(pair[0], POLLOUT, TEST_TIMEOUT_MS, NULL));
  assert_result(POLLOUT, pier_wait(pair[0], POLLIN | POLLOUT, TEST_TIMEOUT_MS, NULL));
  send_whole(pair[1], "x", 1);
  assert_result(POLLIN, pier_wait(pair[0], POLLIN, TEST_TIMEOUT_MS, NULL));
  assert_result(POLLIN | POLLOUT, pier_wait(pair[0], POLLIN | POLLOUT, 0, NULL));
  close_pair(pair);
}

static void test_wait_that_runs_out_of_time_says_so(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  int64_t start = now_ms();
  assert_result(PIER_ETIMEDOUT, pier_wait(pair[0], POLLIN, SHORT_MS, NULL));
  check_elapsed(start, SHORT_MS);
  assert_result(PIER_ETIMEDOUT, pier_wait(pair[0], POLLIN, 0, NULL));
  assert_result(PIER_ETIMEDOUT, pier_wait(pair[0], 0, 0, NULL));
  close_pair(pair);
}

static void test_wait_tells_errors_and_hang_ups_unasked(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  pier_socket_t s = make_refused();
  int events = pier_wait(s, 0, TEST_TIMEOUT_MS, NULL);
  assert_ok(events);
  assert_true(events & POLLERR);
  assert_ok(pier_close(s));
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_shutdown(pair[0], SHUT_WR));
  assert_ok(pier_shutdown(pair[1], SHUT_WR));
  assert_result(POLLHUP, pier_wait(pair[0], 0, TEST_TIMEOUT_MS, NULL));
  close_pair(pair);
}

static void test_wait_refuses_bad_events_times_and_wakers(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  int no_waker = 0;
  make_tcp_pair(AF_INET, pair);
  assert_result(PIER_EINVAL, pier_wait(pair[0], POLLERR, 0, NULL));
  assert_result(PIER_EINVAL, pier_wait(pair[0], POLLOUT | POLLHUP, 0, NULL));
  assert_result(PIER_EINVAL, pier_wait(pair[0], POLLOUT | POLLNVAL, 0, NULL));
  assert_result(PIER_EINVAL, pier_wait(pair[0], POLLOUT | 0x4000, 0, NULL));
  assert_result(PIER_EINVAL, pier_wait(pair[0], POLLOUT | 0x10000, 0, NULL));
  assert_result(PIER_EINVAL, pier_wait(pair[0], -1, 0, NULL));
  assert_result(PIER_EINVAL, pier_wait(pair[0], POLLOUT, -2, NULL));
  assert_result(PIER_EINVAL, pier_wait(pair[0], POLLOUT, 0, (pier_waker *)(void *)&no_waker));
  close_pair(pair);
}

static void test_wait_refuses_what_is_no_open_socket(void **state)
{
  (void)state;
  assert_bad_handle(pier_wait(make_closed_socket(), POLLIN, TEST_TIMEOUT_MS, NULL));
  assert_bad_handle(pier_wait(PIER_INVALID_SOCKET, POLLIN, TEST_TIMEOUT_MS, NULL));
  assert_bad_handle(pier_wait(PIER_INVALID_SOCKET, 0, PIER_FOREVER, NULL));
}

/* ---- select ---- */

typedef struct sets {
  fd_set readable, writable, exceptional;
  int nfds;
} sets;

static void clear_sets(sets *all)
{
  FD_ZERO(&all->readable);
  FD_ZERO(&all->writable);
  FD_ZERO(&all->exceptional);
  all->nfds = 0;
}

static void add(sets *all, fd_set *set, pier_socket_t s)
{
  FD_SET(s, set);
  if ((int)s >= all->nfds)
    all->nfds = (int)s + 1;
}

static void add_everywhere(sets *all, pier_socket_t s)
{
  add(all, &all->readable, s);
  add(all, &all->writable, s);
  add(all, &all->exceptional, s);
}

static int run_select(sets *all, int timeout_ms)
{
  return pier_select(all->nfds, &all->readable, &all->writable, &all->exceptional, timeout_ms);
}

/* In which of the three sets a socket is: 1 readable, 2 writable, 4 exceptional. */
static int places_of(sets *all, pier_socket_t s)
{
  return (FD_ISSET(s, &all->readable) ? 1 : 0) | (FD_ISSET(s, &all->writable) ? 2 : 0) |
         (FD_ISSET(s, &all->exceptional) ? 4 : 0);
}

static void test_select_leaves_in_each_set_what_is_ready(void **state)
{
  (void)state;
  pier_socket_t one[2], other[2];
  sets all;
  make_tcp_pair(AF_INET, one);
  make_tcp_pair(AF_INET, other);
  send_whole(one[1], "x", 1);
  await_readable(one[0]);
  clear_sets(&all);
  add_everywhere(&all, one[0]);
  add_everywhere(&all, other[0]);
  assert_result(3, run_select(&all, TEST_TIMEOUT_MS));
  assert_int_equal(places_of(&all, one[0]), 1 | 2);
  assert_int_equal(places_of(&all, other[0]), 2);
  close_pair(one);
  close_pair(other);
}

/* Difference: 12-out-of-band */
static void test_select_tells_out_of_band_data_as_exceptional(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  sets all;
  make_tcp_pair(AF_INET, pair);
  assert_result(1, pier_send(pair[1], "!", 1, MSG_OOB));
  clear_sets(&all);
  add(&all, &all.exceptional, pair[0]);
  assert_result(1, run_select(&all, TEST_TIMEOUT_MS));
  assert_int_equal(places_of(&all, pair[0]), 4);
  close_pair(pair);
}

static void test_select_passes_over_out_of_band_data_that_nobody_asked_for(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  sets all;
  static char data[65536];
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_set_nonblocking(pair[0], true));
  while (pier_send(pair[0], data, sizeof data, 0) > 0)
    continue;
  assert_result(1, pier_send(pair[1], "!", 1, MSG_OOB));
  assert_int_equal(events_of(pair[0], POLLPRI, TEST_TIMEOUT_MS), POLLPRI);
  clear_sets(&all);
  add(&all, &all.writable, pair[0]);
  int64_t start = now_ms();
  assert_result(0, run_select(&all, SHORT_MS));
  check_elapsed(start, SHORT_MS);
  assert_int_equal(places_of(&all, pair[0]), 0);
  close_pair(pair);
}

/* Difference: 11-datagram-error */
static void test_an_error_makes_a_socket_ready_for_what_was_asked(void **state)
{
  (void)state;
  if (on_windows())
    skip_because("datagrams that found nobody are not told here");
  pier_address name, dead = make_dead_udp_address(AF_INET);
  pier_socket_t s = make_udp(AF_INET, &name);
  assert_ok(pier_connect(s, &dead.sa, dead.len));
  assert_result(1, pier_send(s, "x", 1, 0));
  int events = pier_wait(s, POLLIN, TEST_TIMEOUT_MS, NULL);
  assert_int_equal(events, POLLIN | POLLERR);
  char byte;
  assert_result(PIER_ECONNREFUSED, pier_recv(s, &byte, 1, MSG_DONTWAIT));
  assert_ok(pier_close(s));
}

/* Difference: 12-hang-up-unasked */
static void test_select_passes_over_a_hang_up_that_nobody_asked_for(void **state)
{
  (void)state;
  pier_socket_t hung_up[2], good[2];
  sets all;
  make_tcp_pair(AF_INET, hung_up);
  make_tcp_pair(AF_INET, good);
  assert_ok(pier_shutdown(hung_up[0], SHUT_WR));
  assert_ok(pier_shutdown(hung_up[1], SHUT_WR));
  assert_int_equal(events_of(hung_up[0], 0, TEST_TIMEOUT_MS), POLLHUP);
  clear_sets(&all);
  add(&all, &all.exceptional, hung_up[0]);
  int64_t start = now_ms();
  assert_result(0, run_select(&all, SHORT_MS));
  check_elapsed(start, SHORT_MS);
  add(&all, &all.exceptional, hung_up[0]); /* and beside one that has an answer */
  add(&all, &all.writable, good[0]);
  assert_result(1, run_select(&all, TEST_TIMEOUT_MS));
  assert_int_equal(places_of(&all, hung_up[0]), 0);
  assert_int_equal(places_of(&all, good[0]), 2);
  close_pair(hung_up);
  close_pair(good);
}

static void test_select_tells_a_connection_to_accept_as_readable(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t listener = make_listener(AF_INET, &name), client;
  sets all;
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &client));
  assert_ok(pier_connect(client, &name.sa, name.len));
  clear_sets(&all);
  add(&all, &all.readable, listener);
  add(&all, &all.exceptional, listener);
  assert_result(1, run_select(&all, TEST_TIMEOUT_MS));
  assert_int_equal(places_of(&all, listener), 1);
  assert_ok(pier_close(client));
  assert_ok(pier_close(listener));
}

static void test_select_tells_the_peers_end_of_stream_as_readable(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  sets all;
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_shutdown(pair[1], SHUT_WR));
  clear_sets(&all);
  add(&all, &all.readable, pair[0]);
  assert_result(1, run_select(&all, TEST_TIMEOUT_MS));
  assert_int_equal(places_of(&all, pair[0]), 1);
  close_pair(pair);
}

/* Difference: 12-refused */
static void test_select_tells_a_refused_connect_as_writable_and_exceptional(void **state)
{
  (void)state;
  pier_socket_t s = make_refused();
  sets all;
  int error = 0;
  clear_sets(&all);
  add(&all, &all.writable, s);
  add(&all, &all.exceptional, s);
  assert_result(2, run_select(&all, TEST_TIMEOUT_MS));
  assert_int_equal(places_of(&all, s), 2 | 4);
  assert_ok(pier_get_option(s, PIER_OPT_ERROR, &error));
  assert_result(PIER_ECONNREFUSED, error);
  assert_ok(pier_close(s));
}

/* Difference: 12-refused-in-one-set */
static void test_select_tells_a_refused_connect_in_either_set_alone(void **state)
{
  (void)state;
  sets all;
  pier_socket_t s = make_refused();
  clear_sets(&all);
  add(&all, &all.writable, s);
  assert_result(1, pier_select(all.nfds, NULL, &all.writable, NULL, TEST_TIMEOUT_MS));
  assert_int_equal(places_of(&all, s), 2);
  assert_ok(pier_close(s));
  s = make_refused();
  clear_sets(&all);
  add(&all, &all.exceptional, s);
  assert_result(1, pier_select(all.nfds, NULL, NULL, &all.exceptional, TEST_TIMEOUT_MS));
  assert_int_equal(places_of(&all, s), 4);
  assert_ok(pier_close(s));
}

/* Difference: 12-empty-sets */
static void test_select_of_empty_or_no_sets_is_a_sleep(void **state)
{
  (void)state;
  sets all;
  clear_sets(&all);
  int64_t start = now_ms();
  assert_result(0, run_select(&all, SHORT_MS));
  check_elapsed(start, SHORT_MS);
  start = now_ms();
  assert_result(0, pier_select(0, NULL, NULL, NULL, SHORT_MS));
  check_elapsed(start, SHORT_MS);
}

/* Difference: 12-time-over */
static void test_select_that_runs_out_of_time_empties_the_sets(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  sets all;
  make_tcp_pair(AF_INET, pair);
  clear_sets(&all);
  add(&all, &all.readable, pair[0]);
  add(&all, &all.exceptional, pair[1]);
  int64_t start = now_ms();
  assert_result(0, run_select(&all, SHORT_MS));
  check_elapsed(start, SHORT_MS);
  assert_int_equal(places_of(&all, pair[0]), 0);
  assert_int_equal(places_of(&all, pair[1]), 0);
  add(&all, &all.readable, pair[0]);
  assert_result(0, run_select(&all, 0));
  assert_int_equal(places_of(&all, pair[0]), 0);
  close_pair(pair);
}

/* Difference: 12-beyond-the-set */
static void test_select_refuses_bad_limits_and_times(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  sets all;
  make_tcp_pair(AF_INET, pair);
  clear_sets(&all);
  add(&all, &all.writable, pair[0]);
  assert_result(PIER_EINVAL, pier_select(-1, NULL, &all.writable, NULL, 0));
  assert_result(PIER_EINVAL, pier_select(all.nfds, NULL, &all.writable, NULL, -2));
  if (!on_windows())
    assert_result(PIER_EINVAL, pier_select(FD_SETSIZE + 1, NULL, &all.writable, NULL, 0));
  assert_int_equal(places_of(&all, pair[0]), 2);
  assert_result(1, pier_select(FD_SETSIZE, NULL, &all.writable, NULL, 0));
  close_pair(pair);
}

/* Difference: 12-closed */
static void test_select_with_a_closed_socket_fails_and_leaves_the_sets(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  sets all;
  make_tcp_pair(AF_INET, pair);
  pier_socket_t closed = make_closed_socket();
  clear_sets(&all);
  add_everywhere(&all, pair[0]);
  add(&all, &all.readable, closed);
  assert_bad_handle(run_select(&all, TEST_TIMEOUT_MS));
  assert_int_equal(places_of(&all, pair[0]), 1 | 2 | 4);
  assert_int_equal(places_of(&all, closed), 1);
  close_pair(pair);
}

/* Difference: 12-more-than-64 */
static void test_select_takes_more_than_64_sockets(void **state)
{
  (void)state;
  enum { SOCKETS = 200 };
  pier_socket_t sockets[SOCKETS];
  pier_address name;
  sets all;
  if (!allow_open_handles(300))
    skip_because("this process may not open 300 descriptors");
  clear_sets(&all);
  for (int i = 0; i < SOCKETS; i++) {
    sockets[i] = make_udp(AF_INET, &name);
    add_everywhere(&all, sockets[i]);
  }
  assert_result(1, pier_sendto(sockets[0], "x", 1, 0, &name.sa, name.len)); /* to the last one */
  await_readable(sockets[SOCKETS - 1]);
  assert_result(SOCKETS + 1, run_select(&all, TEST_TIMEOUT_MS));
  for (int i = 0; i < SOCKETS; i++)
    assert_int_equal(places_of(&all, sockets[i]), i == SOCKETS - 1 ? 1 | 2 : 2);
  close_all(sockets, SOCKETS);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_poll_tells_readable_and_writable),
    cmocka_unit_test(test_poll_tells_a_connection_to_accept),
    cmocka_unit_test(test_poll_tells_that_a_connect_has_succeeded),
    cmocka_unit_test(test_poll_tells_that_a_connect_was_refused),
    cmocka_unit_test(test_poll_tells_the_peers_end_of_stream_as_readable),
    cmocka_unit_test(test_poll_tells_the_end_of_both_directions_as_a_hang_up_unasked),
    cmocka_unit_test(test_poll_tells_a_reset_unasked),
    cmocka_unit_test(test_poll_tells_out_of_band_data),
    cmocka_unit_test(test_poll_does_not_take_out_of_band_data_for_readable),
    cmocka_unit_test(test_poll_tells_a_full_send_buffer_as_not_writable),
    cmocka_unit_test(test_poll_reports_exactly_the_ready_ones_of_many),
    cmocka_unit_test(test_poll_passes_over_invalid_sockets),
    cmocka_unit_test(test_poll_of_invalid_sockets_alone_is_a_sleep),
    cmocka_unit_test(test_poll_counts_a_closed_socket_as_one_with_pollnval),
    cmocka_unit_test(test_poll_tells_a_closed_socket_beside_good_ones),
    cmocka_unit_test(test_poll_does_not_wait_beside_a_closed_socket),
    cmocka_unit_test(test_poll_refuses_null_and_bad_times),
    cmocka_unit_test(test_poll_is_not_early_and_not_very_late),
    cmocka_unit_test(test_poll_of_nothing_is_a_sleep),
    cmocka_unit_test(test_poll_without_time_does_not_wait),
    cmocka_unit_test(test_poll_takes_more_than_64_sockets),
    cmocka_unit_test(test_poll_takes_more_than_1024_sockets),
    cmocka_unit_test(test_a_storm_of_signals_neither_ends_nor_lengthens_a_wait),
    cmocka_unit_test(test_a_thread_that_waits_is_woken_by_what_another_sends),
    cmocka_unit_test(test_several_threads_wait_for_one_socket),
    cmocka_unit_test(test_wait_gives_the_events_that_are_there),
    cmocka_unit_test(test_wait_that_runs_out_of_time_says_so),
    cmocka_unit_test(test_wait_tells_errors_and_hang_ups_unasked),
    cmocka_unit_test(test_wait_refuses_bad_events_times_and_wakers),
    cmocka_unit_test(test_wait_refuses_what_is_no_open_socket),
    cmocka_unit_test(test_select_leaves_in_each_set_what_is_ready),
    cmocka_unit_test(test_select_tells_out_of_band_data_as_exceptional),
    cmocka_unit_test(test_select_passes_over_out_of_band_data_that_nobody_asked_for),
    cmocka_unit_test(test_an_error_makes_a_socket_ready_for_what_was_asked),
    cmocka_unit_test(test_select_passes_over_a_hang_up_that_nobody_asked_for),
    cmocka_unit_test(test_select_tells_a_connection_to_accept_as_readable),
    cmocka_unit_test(test_select_tells_the_peers_end_of_stream_as_readable),
    cmocka_unit_test(test_select_tells_a_refused_connect_as_writable_and_exceptional),
    cmocka_unit_test(test_select_tells_a_refused_connect_in_either_set_alone),
    cmocka_unit_test(test_select_of_empty_or_no_sets_is_a_sleep),
    cmocka_unit_test(test_select_that_runs_out_of_time_empties_the_sets),
    cmocka_unit_test(test_select_refuses_bad_limits_and_times),
    cmocka_unit_test(test_select_with_a_closed_socket_fails_and_leaves_the_sets),
    cmocka_unit_test(test_select_takes_more_than_64_sockets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

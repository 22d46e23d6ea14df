/* The pair that takes socketpair's place on Windows, run on every system, with strangers who come in
   between. Its steps are no public functions, so a shared library does not show them. */
#include "loopback.h"
#include "support.h"

#define TOKEN_SIZE 16 /* as long as the pair's own */

static pier_socket_t listen_on(int family, pier_address *name)
{
  pier_socket_t listener;
  assert_ok(pier_loopback_listen(family, &listener, name));
  return listener;
}

static void check_exchange(const pier_socket_t pair[2])
{
  for (int from = 0; from < 2; from++) {
    char text[6] = "";
    send_whole(pair[from], "hello", 5);
    receive_whole(pair[!from], text, 5);
    assert_string_equal(text, "hello");
    assert_result(PIER_EAGAIN, pier_recv(pair[!from], text, 1, MSG_DONTWAIT));
  }
}

/* Each end's peer is the other end, and nobody else. */
static void check_ends(const pier_socket_t pair[2])
{
  for (int end = 0; end < 2; end++) {
    pier_address peer, other;
    peer.len = other.len = sizeof peer.storage;
    assert_ok(pier_getpeername(pair[end], &peer.sa, &peer.len));
    assert_ok(pier_getsockname(pair[!end], &other.sa, &other.len));
    assert_true(pier_address_equal(&peer, &other));
  }
  check_exchange(pair);
}

static void test_both_types_are_made_on_both_families(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  pier_socket_t pair[2];
  pier_address name, names[2];
  pier_socket_t listener = listen_on(family, &name);
  assert_ok(pier_loopback_join(listener, &name, TEST_TIMEOUT_MS, pair));
  check_ends(pair);
  close_pair(pair);
  assert_ok(pier_close(listener));

  assert_ok(pier_loopback_bind(family, pair, names));
  assert_ok(pier_loopback_connect(pair, names, TEST_TIMEOUT_MS));
  check_ends(pair);
  close_pair(pair);
}

static void test_the_flags_are_those_of_socketpair(void **state)
{
  (void)state;
  static const int types[] = {SOCK_STREAM, SOCK_DGRAM};
  static const int flags[] = {0, PIER_NONBLOCK, PIER_INHERIT, PIER_NONBLOCK | PIER_INHERIT};
  for (int i = 0; i < 8; i++) {
    pier_socket_t pair[2];
    int asked = flags[i / 2];
    assert_ok(pier_loopback_pair(types[i % 2], asked, pair));
    for (int end = 0; end < 2; end++) {
      assert_int_equal(is_inheritable(pair[end]), (asked & PIER_INHERIT) != 0);
      assert_int_equal(is_blocking(pair[end]), !(asked & PIER_NONBLOCK));
      int nodelay = 1;
      if (types[i % 2] == SOCK_STREAM)
        assert_ok(pier_get_option(pair[end], PIER_OPT_NODELAY, &nodelay));
      assert_int_equal(nodelay, 1);
    }
    check_ends(pair);
    close_pair(pair);
  }
}

/* More than are heard at the same time: silent ones, some that stop in the middle, some with a token
   of their own, some that are gone already. */
#define STRANGERS 50

static void connect_stranger(int kind, const pier_address *name, pier_socket_t *stranger)
{
  static const char zeros[TOKEN_SIZE * 2] = {0};
  static const int sizes[] = {0, 1, TOKEN_SIZE - 1, TOKEN_SIZE, TOKEN_SIZE * 2};
  assert_ok(pier_socket(name->sa.sa_family, SOCK_STREAM, 0, stranger));
  assert_ok(pier_connect(*stranger, &name->sa, name->len));
  if (kind % 7 == 5)
    assert_ok(pier_shutdown(*stranger, SHUT_WR));
  else if (kind % 7 == 6)
    assert_ok(pier_set_option(*stranger, PIER_OPT_LINGER_S, 0));
  else if (sizes[kind % 7] > 0)
    send_whole(*stranger, zeros, (size_t)sizes[kind % 7]);
  if (kind % 7 == 6) {
    assert_ok(pier_close(*stranger)); /* with a reset */
    *stranger = PIER_INVALID_SOCKET;
  }
}

/* Difference: 18-pair-impostor */
static void test_strangers_who_connected_first_are_turned_away(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  pier_address name;
  pier_socket_t pair[2], strangers[STRANGERS];
  pier_socket_t listener = listen_on(family, &name);
  for (int i = 0; i < STRANGERS; i++)
    connect_stranger(i, &name, &strangers[i]);
  await_readable(listener); /* they are in the queue, before the connector */
  assert_ok(pier_loopback_join(listener, &name, TEST_TIMEOUT_MS, pair));
  check_ends(pair);
  assert_ok(pier_close(listener));
  for (int i = 0; i < STRANGERS; i++) { /* each hears that it is over, and nothing else */
    char byte;
    if (strangers[i] == PIER_INVALID_SOCKET)
      continue;
    await_readable(strangers[i]);
    assert_true(pier_recv(strangers[i], &byte, 1, 0) <= 0);
    assert_ok(pier_close(strangers[i]));
  }
  check_exchange(pair);
  close_pair(pair);
}

typedef struct impostor {
  const pier_address *name;
  pier_socket_t stop; /* readable when it is time to stop */
} impostor;

/* Connects as fast as it can, and leaves with resets, so that it does not use up the ports. */
static void race(void *argument)
{
  enum { OPEN = 40, ROUNDS = 50 };
  const impostor *self = (const impostor *)argument;
  static const char guess[TOKEN_SIZE + 1] = "let me in please";
  pier_socket_t open[OPEN];
  for (int i = 0; i < OPEN; i++)
    open[i] = PIER_INVALID_SOCKET;
  for (int i = 0; i < OPEN * ROUNDS && pier_wait(self->stop, POLLIN, 0, NULL) < 0; i++) {
    pier_socket_t *s = &open[i % OPEN];
    if (*s != PIER_INVALID_SOCKET)
      pier_abort(*s);
    if (pier_socket(AF_INET, SOCK_STREAM | PIER_NONBLOCK, 0, s) < 0)
      continue;
    pier_connect(*s, &self->name->sa, self->name->len);
    if (i % 2)
      pier_send(*s, guess, TOKEN_SIZE, 0);
  }
  for (int i = 0; i < OPEN; i++)
    if (open[i] != PIER_INVALID_SOCKET)
      pier_abort(open[i]);
}

/* Difference: 18-pair-race */
static void test_impostors_who_race_neither_get_in_nor_stop_it(void **state)
{
  (void)state;
  enum { IMPOSTORS = 3, ROUNDS = 10 };
  for (int round = 0; round < ROUNDS; round++) {
    pier_address name;
    pier_socket_t pair[2], stop[2], listener = listen_on(AF_INET, &name);
    test_thread *threads[IMPOSTORS];
    make_tcp_pair(AF_INET, stop);
    impostor shared = {&name, stop[1]};
    for (int i = 0; i < IMPOSTORS; i++)
      threads[i] = thread_start(race, &shared);
    await_readable(listener); /* one is there before the connector */
    int result = pier_loopback_join(listener, &name, TEST_TIMEOUT_MS, pair);
    send_whole(stop[0], "x", 1);
    for (int i = 0; i < IMPOSTORS; i++)
      thread_join(threads[i]);
    assert_ok(result);
    check_ends(pair);
    close_pair(pair);
    close_pair(stop);
    assert_ok(pier_close(listener));
  }
}

typedef struct relay {
  pier_socket_t listener;
  const pier_address *name; /* where it passes on to */
} relay;

/* Passes on what there is from one to the other, until the end. */
static bool pump(pier_socket_t from, pier_socket_t to)
{
  char bytes[64];
  pier_ssize_t size = pier_recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
  if (size > 0)
    return pier_send(to, bytes, (size_t)size, 0) == size;
  return size == PIER_EAGAIN;
}

/* Loses three connections, and passes the fourth on. */
static void run_relay(void *argument)
{
  const relay *self = (const relay *)argument;
  pier_socket_t ends[2] = {PIER_INVALID_SOCKET, PIER_INVALID_SOCKET};
  for (int i = 0; i < 4; i++) {
    await_readable(self->listener);
    assert_ok(pier_accept(self->listener, NULL, NULL, 0, &ends[0]));
    if (i < 3)
      assert_ok(pier_close(ends[0]));
  }
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &ends[1]));
  assert_ok(pier_connect(ends[1], &self->name->sa, self->name->len));
  assert_ok(pier_set_option(ends[1], PIER_OPT_NODELAY, 1));
  struct pollfd fds[2] = {{0}, {0}};
  for (int i = 0; i < 2; i++) {
    fds[i].fd = ends[i];
    fds[i].events = POLLIN;
  }
  while (pier_poll(fds, 2, TEST_TIMEOUT_MS) > 0)
    if (!pump(ends[0], ends[1]) || !pump(ends[1], ends[0]))
      break;
  close_pair(ends);
}

/* Products that intercept connections do so on loopback too: names do not fit then, tokens do. */
/* Difference: 18-pair-intercepted */
static void test_a_pair_is_made_through_a_relay_that_loses_connections_at_first(void **state)
{
  (void)state;
  pier_address name, relayed;
  pier_socket_t pair[2], listener = listen_on(AF_INET, &name);
  relay self = {listen_on(AF_INET, &relayed), &name};
  test_thread *thread = thread_start(run_relay, &self);
  int result = pier_loopback_join(listener, &relayed, TEST_TIMEOUT_MS, pair);
  assert_ok(result);
  for (int from = 0; from < 2; from++) {
    char text[6] = "";
    send_whole(pair[from], "hello", 5);
    receive_whole(pair[!from], text, 5);
    assert_string_equal(text, "hello");
  }
  close_pair(pair);
  thread_join(thread);
  assert_ok(pier_close(self.listener));
  assert_ok(pier_close(listener));
}

/* Difference: 18-pair-in-time */
static void test_ends_that_cannot_meet_give_up_in_time_and_leave_nothing_open(void **state)
{
  (void)state;
  pier_address name, other;
  pier_socket_t pair[2], elsewhere = listen_on(AF_INET, &other);
  pier_socket_t listener = listen_on(AF_INET, &name), stranger;
  connect_stranger(0, &name, &stranger);
  assert_result(PIER_ETIMEDOUT, pier_loopback_join(listener, &name, 0, pair));
  int before = count_open_handles();
  int64_t start = now_ms();
  /* the connector reaches somebody else's listener, as it would without exclusive use */
  assert_result(PIER_ETIMEDOUT, pier_loopback_join(listener, &other, 100, pair));
  assert_in_range(now_ms() - start, 95, 5000);
  assert_true(pair[0] == PIER_INVALID_SOCKET && pair[1] == PIER_INVALID_SOCKET);
  assert_int_equal(before, count_open_handles());
  assert_ok(pier_close(stranger));
  assert_ok(pier_close(listener));
  assert_ok(pier_close(elsewhere));
}

/* Difference: 18-datagram-stranger */
static void test_what_strangers_sent_before_the_connection_is_not_heard(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  static const char text[TOKEN_SIZE + 1] = "sixteen letters!";
  static const size_t sizes[] = {0, 1, TOKEN_SIZE, TOKEN_SIZE + 1};
  pier_address names[2], name;
  pier_socket_t pair[2], stranger = make_udp(family, &name);
  assert_ok(pier_loopback_bind(family, pair, names));
  for (int end = 0; end < 2; end++) {
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
      assert_ok(pier_sendto(stranger, text, sizes[i], 0, &names[end].sa, names[end].len));
    await_readable(pair[end]);
  }
  assert_ok(pier_loopback_connect(pair, names, TEST_TIMEOUT_MS));
  for (int end = 0; end < 2; end++) /* and what they send afterwards is not either */
    assert_ok(pier_sendto(stranger, text, 1, 0, &names[end].sa, names[end].len));
  check_ends(pair);
  close_pair(pair);
  assert_ok(pier_close(stranger));
}

/* Difference: 18-datagram-flood */
static void test_a_buffer_full_of_strangers_datagrams_is_emptied(void **state)
{
  (void)state;
  static const char text[1000] = {0};
  pier_address names[2], name;
  pier_socket_t pair[2], stranger = make_udp(AF_INET, &name);
  assert_ok(pier_loopback_bind(AF_INET, pair, names));
  for (int i = 0; i < 2000; i++) {
    pier_ssize_t sent =
      pier_sendto(stranger, text, sizeof text, MSG_DONTWAIT, &names[1].sa, names[1].len);
    assert_true(sent > 0 || sent == PIER_EAGAIN || sent == PIER_ENOBUFS);
  }
  assert_ok(pier_loopback_connect(pair, names, TEST_TIMEOUT_MS));
  check_ends(pair);
  close_pair(pair);
  assert_ok(pier_close(stranger));
}

static void test_datagram_ends_that_do_not_hear_each_other_give_up_in_time(void **state)
{
  (void)state;
  pier_address names[2], others[2];
  pier_socket_t pair[2], elsewhere[2];
  assert_ok(pier_loopback_bind(AF_INET, pair, names));
  assert_ok(pier_loopback_bind(AF_INET, elsewhere, others));
  assert_result(PIER_ETIMEDOUT, pier_loopback_connect(pair, others, 100));
  close_pair(pair);
  close_pair(elsewhere);
}

/* Difference: 18-pair-leak */
static void test_each_way_through_leaves_nothing_open(void **state)
{
  (void)state;
  int before = 0;
  for (int i = 0; i < 30; i++) {
    pier_socket_t pair[2];
    if (i == 2) /* the first ones may open what stays */
      before = count_open_handles();
    assert_ok(pier_loopback_pair(i % 2 ? SOCK_STREAM : SOCK_DGRAM, 0, pair));
    close_pair(pair);
  }
  assert_int_equal(before, count_open_handles());
}

static void test_random_bytes_do_not_come_again(void **state)
{
  (void)state;
  unsigned char a[256], b[256];
  memset(a, 0, sizeof a);
  memset(b, 0, sizeof b);
  assert_ok(pier_os_random(a, sizeof a));
  assert_ok(pier_os_random(b, sizeof b));
  assert_memory_not_equal(a, b, 16);
  assert_memory_not_equal(a + 240, b + 240, 16);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    for_family(test_both_types_are_made_on_both_families, in),
    for_family(test_both_types_are_made_on_both_families, in6),
    cmocka_unit_test(test_the_flags_are_those_of_socketpair),
    for_family(test_strangers_who_connected_first_are_turned_away, in),
    for_family(test_strangers_who_connected_first_are_turned_away, in6),
    cmocka_unit_test(test_impostors_who_race_neither_get_in_nor_stop_it),
    cmocka_unit_test(test_a_pair_is_made_through_a_relay_that_loses_connections_at_first),
    cmocka_unit_test(test_ends_that_cannot_meet_give_up_in_time_and_leave_nothing_open),
    for_family(test_what_strangers_sent_before_the_connection_is_not_heard, in),
    for_family(test_what_strangers_sent_before_the_connection_is_not_heard, in6),
    cmocka_unit_test(test_a_buffer_full_of_strangers_datagrams_is_emptied),
    cmocka_unit_test(test_datagram_ends_that_do_not_hear_each_other_give_up_in_time),
    cmocka_unit_test(test_each_way_through_leaves_nothing_open),
    cmocka_unit_test(test_random_bytes_do_not_come_again),
  };
  return cmocka_run_group_tests_name("loopback", tests, NULL, NULL);
}

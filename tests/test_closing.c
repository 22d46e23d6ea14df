/* How connections end, and what that does to who waits. */
#include "support.h"

#define WHOLE 4000000

typedef struct transfer {
  pier_socket_t s;
  bool is_good;
} transfer;

static void send_and_close(void *argument)
{
  transfer *me = (transfer *)argument;
  static char data[WHOLE];
  size_t done = 0;
  fill_pattern(data, sizeof data, 0);
  while (done < sizeof data) {
    pier_ssize_t sent = pier_send(me->s, data + done, sizeof data - done, 0);
    if (sent < 0)
      break;
    done += (size_t)sent;
  }
  me->is_good = done == sizeof data;
  me->is_good = pier_close(me->s) == 0 && me->is_good;
}

/* Difference: 3-close-in-background */
static void test_what_was_sent_before_a_close_arrives_whole(void **state)
{
  (void)state;
  static const int lingers[] = {-1, 10};
  static char data[WHOLE];
  for (size_t i = 0; i < sizeof lingers / sizeof lingers[0]; i++) {
    pier_socket_t pair[2];
    make_tcp_pair(AF_INET, pair);
    assert_ok(pier_set_option(pair[0], PIER_OPT_LINGER_S, lingers[i]));
    transfer there = {pair[0], false};
    test_thread *thread = thread_start(send_and_close, &there);
    memset(data, 0, sizeof data);
    receive_whole(pair[1], data, sizeof data);
    assert_true(is_pattern(data, sizeof data, 0));
    assert_result(0, pier_recv(pair[1], data, 1, 0));
    thread_join(thread);
    assert_true(there.is_good);
    assert_ok(pier_close(pair[1]));
  }
}

/* Difference: 3-linger */
static void test_a_lingering_close_closes_whether_the_socket_blocks_or_not(void **state)
{
  (void)state;
  static const int lingers[] = {-1, 1, 32767};
  for (size_t i = 0; i < sizeof lingers / sizeof lingers[0]; i++) {
    for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
      pier_socket_t pair[2];
      char data[5];
      make_tcp_pair(AF_INET, pair);
      assert_ok(pier_set_option(pair[0], PIER_OPT_LINGER_S, lingers[i]));
      assert_ok(pier_set_nonblocking(pair[0], nonblocking));
      send_whole(pair[0], "whole", 5);
      assert_ok(pier_close(pair[0]));
      assert_bad_handle(pier_close(pair[0]));
      receive_whole(pair[1], data, sizeof data);
      assert_memory_equal(data, "whole", 5);
      assert_result(0, pier_recv(pair[1], data, 1, 0));
      assert_ok(pier_close(pair[1]));
    }
  }
}

/* Difference: 3-linger-expires */
static void test_a_lingering_close_ends_though_the_peer_reads_nothing(void **state)
{
  (void)state;
  static char data[65536];
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_set_option(pair[0], PIER_OPT_LINGER_S, 1));
  assert_ok(pier_set_nonblocking(pair[0], true));
  pier_ssize_t sent;
  size_t total = 0;
  do {
    sent = pier_send(pair[0], data, sizeof data, 0);
    total += sent > 0 ? (size_t)sent : 0;
  } while (sent > 0 && total < 1000 * sizeof data);
  assert_ok(pier_close(pair[0]));
  assert_bad_handle(pier_close(pair[0]));
  assert_ok(pier_close(pair[1]));
}

/* Difference: 3-linger-zero */
static void test_a_linger_of_zero_resets(void **state)
{
  (void)state;
  for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
    pier_socket_t pair[2];
    char byte;
    make_tcp_pair(AF_INET, pair);
    assert_ok(pier_set_option(pair[0], PIER_OPT_LINGER_S, 0));
    assert_ok(pier_set_nonblocking(pair[0], nonblocking));
    assert_ok(pier_close(pair[0]));
    await_readable(pair[1]);
    assert_either(PIER_ECONNRESET, on_wine() ? 0 : PIER_ECONNRESET,
                  pier_recv(pair[1], &byte, 1, 0));
    assert_ok(pier_close(pair[1]));
  }
  if (on_wine())
    skip_because("Wine tells a reset as the end of the stream");
}

/* Difference: 3-close-with-unread-data */
static void test_a_close_with_unread_data_resets(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte;
  make_tcp_pair(AF_INET, pair);
  send_whole(pair[1], "unread", 6);
  await_readable(pair[0]);
  assert_ok(pier_close(pair[0]));
  await_readable(pair[1]);
  pier_ssize_t result = pier_recv(pair[1], &byte, 1, 0);
  assert_either(PIER_ECONNRESET, on_wine() ? 0 : PIER_ECONNRESET, result);
  assert_ok(pier_close(pair[1]));
  if (on_wine())
    skip_because("Wine tells a reset as the end of the stream");
}

/* ---- shutdown ---- */

/* Difference: 7b-shutdown-without-a-peer */
static void test_shutting_down_what_has_no_peer_is_an_error_and_changes_nothing(void **state)
{
  (void)state;
  static const int hows[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};
  pier_address name, udp_name;
  pier_socket_t s, accepted, listener = make_listener(AF_INET, &name);
  pier_socket_t udp = make_udp(AF_INET, &udp_name);
  char byte = 'x';
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &s));
  for (size_t i = 0; i < sizeof hows / sizeof hows[0]; i++) {
    assert_result(PIER_ENOTCONN, pier_shutdown(listener, hows[i]));
    assert_result(PIER_ENOTCONN, pier_shutdown(s, hows[i]));
    assert_result(PIER_ENOTCONN, pier_shutdown(udp, hows[i]));
  }
  assert_ok(pier_connect(s, &name.sa, name.len));
  assert_ok(pier_accept(listener, NULL, NULL, 0, &accepted));
  assert_result(1, pier_send(s, &byte, 1, 0));
  assert_result(1, pier_recv(accepted, &byte, 1, 0));
  assert_result(1, pier_send(accepted, &byte, 1, 0));
  assert_result(1, pier_recv(s, &byte, 1, 0));
  assert_result(1, pier_sendto(udp, &byte, 1, 0, &udp_name.sa, udp_name.len));
  assert_result(1, pier_recv(udp, &byte, 1, 0));
  assert_ok(pier_close(accepted));
  assert_ok(pier_close(s));
  assert_ok(pier_close(udp));
  assert_ok(pier_close(listener));
  assert_bad_handle(pier_shutdown(listener, SHUT_WR));
}

/* Difference: 7b-shutdown-again */
static void test_shutting_down_again_is_a_success_while_the_peer_is_there(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte;
  make_tcp_pair(AF_INET, pair);
  for (int i = 0; i < 2; i++)
    assert_ok(pier_shutdown(pair[0], SHUT_WR));
  for (int i = 0; i < 2; i++)
    assert_ok(pier_shutdown(pair[0], SHUT_RDWR));
  assert_result(0, pier_recv(pair[1], &byte, 1, 0));
  assert_ok(pier_shutdown(pair[1], SHUT_WR));
  for (int i = 0; i < 2; i++) { /* both directions have ended; who says so differs */
    assert_either(0, PIER_ENOTCONN, pier_shutdown(pair[0], SHUT_RDWR));
    assert_either(0, PIER_ENOTCONN, pier_shutdown(pair[1], SHUT_RDWR));
  }
  close_pair(pair);
}

/* Difference: 7b-shutdown-receiving */
static void test_receiving_after_shutting_that_down_ends_and_sending_goes_on(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char data[5];
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_shutdown(pair[0], SHUT_RD));
  assert_result(0, pier_recv(pair[0], data, 1, 0));
  send_whole(pair[0], "still", 5);
  receive_whole(pair[1], data, 5);
  assert_memory_equal(data, "still", 5);
  close_pair(pair);
}

/* ---- a thread that waits, and another that ends what it waits for ---- */

enum call { RECV, SEND, ACCEPT, POLL };

typedef struct waiter {
  enum call call;
  pier_socket_t s;
  pier_socket_t accepted;
  pier_socket_t signal; /* a byte is sent into it before and after the call */
  pier_ssize_t result;
} waiter;

static void wait_for_end(void *argument)
{
  waiter *me = (waiter *)argument;
  static char data[WHOLE];
  char byte;
  struct pollfd one = {.fd = me->s, .events = POLLIN};
  pier_send(me->signal, "1", 1, 0);
  switch (me->call) {
  case RECV:
    me->result = pier_recv(me->s, &byte, 1, 0);
    break;
  case SEND: /* the first error is what it ends with; before it, a part may go */
    do
      me->result = pier_send(me->s, data, sizeof data, 0);
    while (me->result >= 0);
    break;
  case ACCEPT:
    me->result = pier_accept(me->s, NULL, NULL, 0, &me->accepted);
    break;
  case POLL:
    me->result = pier_poll(&one, 1, TEST_TIMEOUT_MS / 10);
    break;
  }
  pier_send(me->signal, "2", 1, 0);
}

/* Starts a thread in a call, and gives the other end of its signal. */
static test_thread *start_waiter(waiter *me, enum call call, pier_socket_t s, pier_socket_t *signal)
{
  pier_socket_t pair[2];
  char byte;
  make_udp_pair(AF_INET, pair);
  *me = (waiter){call, s, PIER_INVALID_SOCKET, pair[0], 0};
  test_thread *thread = thread_start(wait_for_end, me);
  await_readable(pair[1]);
  assert_result(1, pier_recv(pair[1], &byte, 1, 0));
  *signal = pair[1];
  return thread;
}

static void end_waiter(waiter *me, test_thread *thread, pier_socket_t signal)
{
  await_readable(signal);
  thread_join(thread);
  assert_ok(pier_close(signal));
  assert_ok(pier_close(me->signal));
}

/* Difference: 27-shutdown-wakes-a-receive */
static void test_a_shutdown_ends_a_blocked_receive_or_else_the_peers_end_does(void **state)
{
  (void)state;
  pier_socket_t pair[2], signal;
  waiter me;
  make_tcp_pair(AF_INET, pair);
  test_thread *thread = start_waiter(&me, RECV, pair[0], &signal);
  assert_ok(pier_shutdown(pair[0], SHUT_RD));
  if (on_windows()) /* where nothing wakes it but the peer */
    assert_ok(pier_shutdown(pair[1], SHUT_WR));
  end_waiter(&me, thread, signal);
  assert_result(0, me.result);
  close_pair(pair);
}

/* Difference: 27-shutdown-wakes-a-send */
static void test_a_shutdown_ends_a_blocked_send_or_else_the_peers_reset_does(void **state)
{
  (void)state;
  pier_socket_t pair[2], signal;
  waiter me;
  make_tcp_pair(AF_INET, pair);
  test_thread *thread = start_waiter(&me, SEND, pair[0], &signal);
  await_readable(pair[1]); /* it has begun, and cannot end for want of room */
  assert_ok(pier_shutdown(pair[0], SHUT_WR));
  if (on_windows()) /* where nothing wakes it but the peer */
    assert_ok(pier_abort(pair[1]));
  end_waiter(&me, thread, signal);
  if (on_windows())
    assert_true(me.result == PIER_EPIPE || me.result == PIER_ECONNRESET ||
                me.result == PIER_ECONNABORTED);
  else
    assert_result(PIER_EPIPE, me.result);
  if (!on_windows())
    assert_ok(pier_close(pair[1]));
  assert_ok(pier_close(pair[0]));
}

/* Difference: 15-shutdown-of-a-listener */
static void test_a_blocked_accept_survives_a_shutdown_and_ends_with_a_connection(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t client, signal, listener = make_listener(AF_INET, &name);
  waiter me;
  test_thread *thread = start_waiter(&me, ACCEPT, listener, &signal);
  assert_result(PIER_ENOTCONN, pier_shutdown(listener, SHUT_RDWR));
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &client));
  assert_ok(pier_connect(client, &name.sa, name.len));
  end_waiter(&me, thread, signal);
  assert_ok((int)me.result);
  assert_ok(pier_close(me.accepted));
  assert_ok(pier_close(client));
  assert_ok(pier_close(listener));
}

/* What a call says whose socket another thread has closed, or of one that was closed just before. */
static bool is_closed(pier_ssize_t result)
{
  return result == PIER_EBADF || result == PIER_ENOTSOCK || result == PIER_ECANCELED ||
         result == PIER_ECONNABORTED || (on_wine() && result == PIER_EINVAL);
}

/* Linux leaves the thread where it is, and the others wake it; so the end that always comes is the
   peer's. */
/* Difference: 27-close-under-a-receive */
static void test_a_close_under_a_receive_ends_it_or_else_the_peer_does(void **state)
{
  (void)state;
  pier_socket_t pair[2], signal;
  waiter me;
  make_tcp_pair(AF_INET, pair);
  test_thread *thread = start_waiter(&me, RECV, pair[0], &signal);
  assert_ok(pier_close(pair[0]));
  pier_send(pair[1], "x", 1, 0); /* an error where the socket is gone already */
  end_waiter(&me, thread, signal);
  assert_true(is_closed(me.result) || me.result == 1 || me.result == 0);
  assert_ok(pier_close(pair[1]));
}

/* The second handle keeps the port, so that the connection can go nowhere else. */
/* Difference: 15-close-under-an-accept */
static void test_a_close_under_an_accept_ends_it_or_else_a_connection_does(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t client, copy, signal, listener = make_listener(AF_INET, &name);
  waiter me;
  assert_ok(pier_dup(listener, &copy));
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &client));
  test_thread *thread = start_waiter(&me, ACCEPT, listener, &signal);
  assert_ok(pier_close(listener));
  assert_ok(pier_connect(client, &name.sa, name.len));
  end_waiter(&me, thread, signal);
  if (me.result == 0)
    assert_ok(pier_close(me.accepted));
  else
    assert_true(is_closed(me.result));
  assert_ok(pier_close(client));
  assert_ok(pier_close(copy));
}

/* Difference: 27-close-under-a-poll */
static void test_a_close_under_a_poll_leaves_the_poll_its_deadline(void **state)
{
  (void)state;
  pier_socket_t pair[2], signal;
  waiter me;
  make_tcp_pair(AF_INET, pair);
  test_thread *thread = start_waiter(&me, POLL, pair[0], &signal);
  assert_ok(pier_close(pair[0]));
  pier_send(pair[1], "x", 1, 0);
  end_waiter(&me, thread, signal);
  assert_either(1, 0, me.result);
  assert_ok(pier_close(pair[1]));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_what_was_sent_before_a_close_arrives_whole),
    cmocka_unit_test(test_a_lingering_close_closes_whether_the_socket_blocks_or_not),
    cmocka_unit_test(test_a_lingering_close_ends_though_the_peer_reads_nothing),
    cmocka_unit_test(test_a_linger_of_zero_resets),
    cmocka_unit_test(test_a_close_with_unread_data_resets),
    cmocka_unit_test(test_shutting_down_what_has_no_peer_is_an_error_and_changes_nothing),
    cmocka_unit_test(test_shutting_down_again_is_a_success_while_the_peer_is_there),
    cmocka_unit_test(test_receiving_after_shutting_that_down_ends_and_sending_goes_on),
    cmocka_unit_test(test_a_shutdown_ends_a_blocked_receive_or_else_the_peers_end_does),
    cmocka_unit_test(test_a_shutdown_ends_a_blocked_send_or_else_the_peers_reset_does),
    cmocka_unit_test(test_a_blocked_accept_survives_a_shutdown_and_ends_with_a_connection),
    cmocka_unit_test(test_a_close_under_a_receive_ends_it_or_else_the_peer_does),
    cmocka_unit_test(test_a_close_under_an_accept_ends_it_or_else_a_connection_does),
    cmocka_unit_test(test_a_close_under_a_poll_leaves_the_poll_its_deadline),
  };
  return cmocka_run_group_tests_name("closing", tests, NULL, NULL);
}

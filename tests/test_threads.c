/* Many clients, many threads. */
#include "support.h"

#define CLIENTS 200

/* An echo server on pier_poll, in a thread of its own, until all clients have come and gone. */
typedef struct server {
  pier_socket_t listener;
  int expected;
  bool is_good;
} server;

static bool echo_once(pier_socket_t s)
{
  char data[4096];
  pier_ssize_t received = pier_recv(s, data, sizeof data, 0);
  for (pier_ssize_t done = 0; done < received;) {
    pier_ssize_t sent = pier_send(s, data + done, (size_t)(received - done), 0);
    if (sent < 0)
      return false;
    done += sent;
  }
  return received > 0;
}

static void serve(void *argument)
{
  server *me = (server *)argument;
  static struct pollfd fds[CLIENTS + 1];
  size_t count = 1;
  int gone = 0;
  me->is_good = false;
  fds[0] = (struct pollfd){.fd = me->listener, .events = POLLIN};
  while (gone < me->expected) {
    if (pier_poll(fds, count, TEST_TIMEOUT_MS) <= 0)
      return;
    for (size_t i = count - 1; i > 0; i--) {
      if (fds[i].revents == 0 || echo_once(fds[i].fd))
        continue;
      pier_close(fds[i].fd);
      fds[i] = fds[--count];
      gone++;
    }
    if (fds[0].revents == 0)
      continue;
    fds[count] = (struct pollfd){.fd = PIER_INVALID_SOCKET, .events = POLLIN};
    if (pier_accept(me->listener, NULL, NULL, 0, &fds[count].fd) < 0)
      return;
    count++;
  }
  me->is_good = true;
}

static void test_200_clients_at_once_are_echoed(void **state)
{
  (void)state;
  static pier_socket_t clients[CLIENTS];
  pier_address name;
  server echo = {.listener = make_listener(AF_INET, &name), .expected = CLIENTS};
  test_thread *thread = thread_start(serve, &echo);
  char data[100], back[100];
  for (int i = 0; i < CLIENTS; i++) {
    assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &clients[i]));
    assert_ok(pier_connect(clients[i], &name.sa, name.len));
  }
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < CLIENTS; i++) {
      fill_pattern(data, sizeof data, (uint64_t)(i * 1000 + round));
      send_whole(clients[i], data, sizeof data);
    }
    for (int i = 0; i < CLIENTS; i++) {
      receive_whole(clients[i], back, sizeof back);
      assert_true(is_pattern(back, sizeof back, (uint64_t)(i * 1000 + round)));
    }
  }
  for (int i = 0; i < CLIENTS; i++)
    assert_ok(pier_close(clients[i]));
  thread_join(thread);
  assert_true(echo.is_good);
  assert_ok(pier_close(echo.listener));
}

typedef struct visitor {
  pier_address to;
  uint64_t number;
  bool is_good;
} visitor;

/* One connection after the other, from a thread among many. No asserts: CMocka's belong to the
   main thread. */
static void visit(void *argument)
{
  visitor *me = (visitor *)argument;
  char data[500], back[500];
  me->is_good = false;
  fill_pattern(data, sizeof data, me->number);
  for (int i = 0; i < 10; i++) {
    pier_socket_t s;
    if (pier_socket(AF_INET, SOCK_STREAM, 0, &s) < 0)
      return;
    bool ok = pier_connect(s, &me->to.sa, me->to.len) == 0 &&
              pier_send(s, data, sizeof data, 0) == (pier_ssize_t)sizeof data &&
              pier_recv(s, back, sizeof back, MSG_WAITALL) == (pier_ssize_t)sizeof back &&
              is_pattern(back, sizeof back, me->number);
    if (pier_close(s) < 0 || !ok)
      return;
  }
  me->is_good = true;
}

static void test_threads_do_not_disturb_each_other(void **state)
{
  (void)state;
  enum { THREADS = 16 };
  visitor visitors[THREADS];
  test_thread *threads[THREADS];
  pier_address name;
  server echo = {.listener = make_listener(AF_INET, &name), .expected = THREADS * 10};
  test_thread *thread = thread_start(serve, &echo);
  for (int i = 0; i < THREADS; i++) {
    visitors[i] = (visitor){.to = name, .number = (uint64_t)i * 77};
    threads[i] = thread_start(visit, &visitors[i]);
  }
  for (int i = 0; i < THREADS; i++) {
    thread_join(threads[i]);
    assert_true(visitors[i].is_good);
  }
  thread_join(thread);
  assert_true(echo.is_good);
  assert_ok(pier_close(echo.listener));
}

typedef struct sender {
  pier_socket_t s;
  size_t total;
} sender;

static void send_pattern(void *argument)
{
  sender *me = (sender *)argument;
  char data[8192];
  for (size_t done = 0; done < me->total;) {
    size_t size = me->total - done < sizeof data ? me->total - done : sizeof data;
    fill_pattern(data, size, done);
    pier_ssize_t sent = pier_send(me->s, data, size, 0);
    if (sent < 0)
      break;
    done += (size_t)sent;
  }
  pier_shutdown(me->s, SHUT_WR);
}

static void receive_pattern(pier_socket_t s, size_t total)
{
  char data[8192];
  size_t done = 0;
  pier_ssize_t received;
  while ((received = pier_recv(s, data, sizeof data, 0)) > 0) {
    assert_true(is_pattern(data, (size_t)received, done));
    done += (size_t)received;
  }
  assert_ok(received);
  assert_int_equal(done, total);
}

/* Difference: 27-send-beside-receive */
static void test_one_thread_sends_while_another_receives_on_one_socket(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  sender there = {pair[0], 4000000}, back = {pair[1], 3000000};
  test_thread *threads[2] = {thread_start(send_pattern, &there), thread_start(send_pattern, &back)};
  /* Both directions are full before either is read, so the reads take turns in pieces. */
  struct pollfd fds[2] = {{.fd = pair[0], .events = POLLIN}, {.fd = pair[1], .events = POLLIN}};
  static char data[8192];
  size_t done[2] = {0, 0};
  for (int open = 2; open > 0;) {
    assert_ok(pier_poll(fds, 2, TEST_TIMEOUT_MS));
    for (int i = 0; i < 2; i++) {
      if (fds[i].fd == PIER_INVALID_SOCKET || fds[i].revents == 0)
        continue;
      pier_ssize_t received = pier_recv(fds[i].fd, data, sizeof data, 0);
      assert_ok(received);
      assert_true(is_pattern(data, (size_t)received, done[i]));
      done[i] += (size_t)received;
      if (received == 0) {
        fds[i].fd = PIER_INVALID_SOCKET;
        open--;
      }
    }
  }
  assert_int_equal(done[0], back.total);
  assert_int_equal(done[1], there.total);
  thread_join(threads[0]);
  thread_join(threads[1]);
  assert_ok(pier_close(pair[0]));
  assert_ok(pier_close(pair[1]));
}

static void test_a_blocked_receive_wakes_when_another_thread_sends(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  sender there = {pair[0], 100000};
  test_thread *thread = thread_start(send_pattern, &there);
  receive_pattern(pair[1], there.total);
  thread_join(thread);
  assert_ok(pier_close(pair[0]));
  assert_ok(pier_close(pair[1]));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_200_clients_at_once_are_echoed),
    cmocka_unit_test(test_threads_do_not_disturb_each_other),
    cmocka_unit_test(test_one_thread_sends_while_another_receives_on_one_socket),
    cmocka_unit_test(test_a_blocked_receive_wakes_when_another_thread_sends),
  };
  return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}

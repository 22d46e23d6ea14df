/* Datagrams over UDP. */
#include "support.h"

static void test_a_datagram_arrives_whole_with_its_sender(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  pier_address names[2], from;
  pier_socket_t pair[2] = {make_udp(family, &names[0]), make_udp(family, &names[1])};
  char data[64];
  assert_result(5, pier_sendto(pair[0], "first", 5, 0, &names[1].sa, names[1].len));
  assert_result(6, pier_sendto(pair[0], "second", 6, 0, &names[1].sa, names[1].len));
  from.len = sizeof from.storage;
  assert_result(5, pier_recvfrom(pair[1], data, sizeof data, 0, &from.sa, &from.len));
  assert_memory_equal(data, "first", 5);
  assert_true(pier_address_equal(&from, &names[0]));
  assert_result(6, pier_recvfrom(pair[1], data, sizeof data, 0, NULL, NULL));
  close_pair(pair);
}

/* Difference: 7b-short-name-buffer */
static void test_a_short_buffer_cuts_the_senders_address(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  unsigned char cut[8];
  char data[8];
  socklen_t len = 3;
  memset(cut, 0xaa, sizeof cut);
  make_udp_pair(AF_INET, pair);
  assert_result(1, pier_send(pair[0], "x", 1, 0));
  assert_result(1, pier_recvfrom(pair[1], data, sizeof data, 0, (struct sockaddr *)cut, &len));
  assert_int_equal(len, sizeof(struct sockaddr_in));
  assert_int_equal(cut[3], 0xaa);
  close_pair(pair);
}

/* Difference: 7d-long-datagram */
static void test_a_long_datagram_gives_its_first_bytes_and_no_error(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char data[4];
  pier_address from;
  pier_iovec pieces[2] = {{.iov_base = data, .iov_len = 1}, {.iov_base = data + 1, .iov_len = 3}};
  make_udp_pair(AF_INET, pair);
  for (int i = 0; i < 3; i++)
    assert_result(10, pier_send(pair[0], "0123456789", 10, 0));
  assert_result(1, pier_send(pair[0], "x", 1, 0));
  assert_result(4, pier_recv(pair[1], data, 4, 0));
  assert_memory_equal(data, "0123", 4);
  from.len = sizeof from.storage;
  assert_result(4, pier_recvfrom(pair[1], data, 4, 0, &from.sa, &from.len));
  assert_int_equal(from.len, sizeof from.in);
  assert_result(4, pier_recvv(pair[1], pieces, 2, 0));
  assert_memory_equal(data, "0123", 4);
  assert_result(1, pier_recv(pair[1], data, 4, 0)); /* the rest of each is lost */
  close_pair(pair);
}

/* Difference: 19-peek-datagram */
static void test_peek_leaves_the_datagram_even_when_cut(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char data[16];
  make_udp_pair(AF_INET, pair);
  assert_result(10, pier_send(pair[0], "0123456789", 10, 0));
  assert_result(4, pier_recv(pair[1], data, 4, MSG_PEEK));
  assert_result(10, pier_recv(pair[1], data, sizeof data, 0));
  close_pair(pair);
}

static void test_an_empty_datagram_is_a_datagram(void **state)
{
  (void)state;
  pier_address names[2], from;
  pier_socket_t pair[2] = {make_udp(AF_INET, &names[0]), make_udp(AF_INET, &names[1])};
  char data[4];
  assert_result(0, pier_sendto(pair[0], NULL, 0, 0, &names[1].sa, names[1].len));
  assert_ok(pier_connect(pair[0], &names[1].sa, names[1].len));
  assert_result(0, pier_send(pair[0], NULL, 0, 0));
  assert_result(0, pier_sendv(pair[0], NULL, 0, 0));
  for (int i = 0; i < 3; i++) {
    await_readable(pair[1]);
    from.len = sizeof from.storage;
    assert_result(0, pier_recvfrom(pair[1], data, sizeof data, 0, &from.sa, &from.len));
    assert_true(pier_address_equal(&from, &names[0]));
  }
  assert_result(PIER_EAGAIN, pier_recv(pair[1], data, sizeof data, MSG_DONTWAIT));
  close_pair(pair);
}

/* Difference: 7d-no-buffer */
static void test_receiving_into_nothing_takes_one_datagram(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char data[8];
  pier_address from;
  make_udp_pair(AF_INET, pair);
  assert_result(3, pier_send(pair[0], "one", 3, 0));
  assert_result(3, pier_send(pair[0], "two", 3, 0));
  assert_result(5, pier_send(pair[0], "three", 5, 0));
  assert_result(4, pier_send(pair[0], "four", 4, 0));
  assert_result(0, pier_recv(pair[1], NULL, 0, 0));
  from.len = sizeof from.storage;
  assert_result(0, pier_recvfrom(pair[1], data, 0, 0, &from.sa, &from.len));
  assert_int_equal(from.len, sizeof from.in);
  assert_result(0, pier_recvv(pair[1], NULL, 0, 0));
  assert_result(4, pier_recv(pair[1], data, sizeof data, 0));
  assert_memory_equal(data, "four", 4);
  close_pair(pair);
}

/* Difference: 7b-datagram-too-long */
static void test_a_datagram_too_long_to_send_is_an_error(void **state)
{
  (void)state;
  static char data[70000];
  pier_socket_t pair[2];
  pier_iovec pieces[2] = {{.iov_base = data, .iov_len = 35000},
                          {.iov_base = data, .iov_len = 35000}};
  make_udp_pair(AF_INET, pair);
  assert_result(PIER_EMSGSIZE, pier_send(pair[0], data, sizeof data, 0));
  assert_result(PIER_EMSGSIZE, pier_sendv(pair[0], pieces, 2, 0));
  assert_result(1, pier_send(pair[0], "x", 1, 0));
  assert_result(1, pier_recv(pair[1], data, sizeof data, 0));
  close_pair(pair);
}

/* Difference: 7c-undeliverable */
static void test_an_unconnected_socket_survives_undeliverable_datagrams(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  pier_address name, peer_name, dead = make_dead_udp_address(family);
  pier_socket_t s = make_udp(family, &name);
  pier_socket_t peer = make_udp(family, &peer_name);
  char byte;
  for (int i = 0; i < 10; i++)
    assert_result(1, pier_sendto(s, "x", 1, 0, &dead.sa, dead.len));
  assert_result(PIER_EAGAIN, pier_recv(s, &byte, 1, MSG_DONTWAIT));
  assert_result(1, pier_sendto(peer, "y", 1, 0, &name.sa, name.len));
  assert_result(1, pier_recv(s, &byte, 1, 0));
  assert_int_equal(byte, 'y');
  assert_ok(pier_close(s));
  assert_ok(pier_close(peer));
}

/* Difference: 7c-undeliverable-adopted */
static void test_an_adopted_socket_survives_undeliverable_datagrams(void **state)
{
  (void)state;
  pier_address name, dead = make_dead_udp_address(AF_INET);
  char byte;
  assert_ok(pier_startup());
  pier_socket_t s = socket(AF_INET, SOCK_DGRAM, 0);
  assert_true(s != PIER_INVALID_SOCKET);
  assert_ok(pier_adopt(s));
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  assert_ok(pier_bind(s, &name.sa, name.len));
  for (int i = 0; i < 10; i++)
    assert_result(1, pier_sendto(s, "x", 1, 0, &dead.sa, dead.len));
  assert_result(PIER_EAGAIN, pier_recv(s, &byte, 1, MSG_DONTWAIT));
  assert_ok(pier_close(s));
  pier_cleanup();
}

/* Difference: 7b-send-without-address */
static void test_without_a_peer_there_is_nowhere_to_send(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t s = make_udp(AF_INET, &name);
  pier_ssize_t sent = pier_send(s, "x", 1, 0);
  if (on_wine())
    assert_either(PIER_EDESTADDRREQ, PIER_EINVAL, sent);
  else
    assert_result(PIER_EDESTADDRREQ, sent);
  assert_result(PIER_EINVAL, pier_sendto(s, "x", 1, 0, NULL, name.len));
  assert_ok(pier_close(s));
}

/* Difference: 7b-wrong-family */
/* Difference: 7b-short-address */
static void test_mistaken_receivers_have_one_code_each(void **state)
{
  (void)state;
  pier_address name, in6;
  pier_socket_t s = make_udp(AF_INET, &name);
  assert_ok(pier_address_loopback(AF_INET6, 9, &in6));
  assert_result(PIER_EAFNOSUPPORT, pier_sendto(s, "x", 1, 0, &in6.sa, in6.len));
  static const socklen_t lengths[] = {(socklen_t)-1, 0, 1, 15, 100000};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
    assert_result(PIER_EINVAL, pier_sendto(s, "x", 1, 0, &name.sa, lengths[i]));
  assert_ok(pier_close(s));
}

static void test_a_connected_socket_hears_its_peer_only(void **state)
{
  (void)state;
  pier_address name, stranger_name;
  pier_socket_t pair[2];
  char byte;
  make_udp_pair(AF_INET, pair);
  pier_socket_t stranger = make_udp(AF_INET, &stranger_name);
  name.len = sizeof name.storage;
  assert_ok(pier_getsockname(pair[0], &name.sa, &name.len));
  assert_result(1, pier_sendto(stranger, "s", 1, 0, &name.sa, name.len));
  assert_result(1, pier_send(pair[1], "p", 1, 0));
  assert_result(1, pier_recv(pair[0], &byte, 1, 0));
  assert_int_equal(byte, 'p');
  assert_result(PIER_EAGAIN, pier_recv(pair[0], &byte, 1, MSG_DONTWAIT));
  assert_ok(pier_close(stranger));
  close_pair(pair);
}

static void test_sending_binds_an_unbound_socket(void **state)
{
  (void)state;
  pier_address name, from, own;
  pier_socket_t to = make_udp(AF_INET, &name);
  pier_socket_t s;
  char byte;
  assert_ok(pier_socket(AF_INET, SOCK_DGRAM, 0, &s));
  assert_result(1, pier_sendto(s, "x", 1, 0, &name.sa, name.len));
  from.len = own.len = sizeof from.storage;
  assert_result(1, pier_recvfrom(to, &byte, 1, 0, &from.sa, &from.len));
  assert_ok(pier_getsockname(s, &own.sa, &own.len));
  assert_int_equal(pier_address_port(&own), pier_address_port(&from));
  assert_ok(pier_close(s));
  assert_ok(pier_close(to));
}

/* Difference: 7c-undeliverable-connected */
static void test_only_posix_tells_a_connected_socket_of_a_lost_datagram(void **state)
{
  (void)state;
  pier_address name, dead = make_dead_udp_address(AF_INET);
  pier_socket_t s = make_udp(AF_INET, &name);
  char byte;
  assert_ok(pier_connect(s, &dead.sa, dead.len));
  assert_result(1, pier_send(s, "x", 1, 0));
  if (on_windows()) { /* where pier turns it off, for it comes to unconnected sockets too */
    assert_result(PIER_EAGAIN, pier_recv(s, &byte, 1, MSG_DONTWAIT));
  } else {
    await_readable(s);
    assert_result(PIER_ECONNREFUSED, pier_recv(s, &byte, 1, 0));
    assert_result(PIER_EAGAIN, pier_recv(s, &byte, 1, MSG_DONTWAIT)); /* told once */
  }
  assert_ok(pier_close(s));
}

/* One of several who take datagrams from one socket that blocks, each with another call. */
typedef struct taker {
  pier_socket_t shared, stop;
  pier_address answers;
  int call;
} taker;

static pier_ssize_t take_by(int call, pier_socket_t s, char *byte)
{
  pier_address from;
  from.len = sizeof from.storage;
  pier_iovec piece = {.iov_base = byte, .iov_len = 1};
  switch (call) {
  case 0:
    return pier_recv(s, byte, 1, MSG_DONTWAIT);
  case 1:
    return pier_recvfrom(s, byte, 1, MSG_DONTWAIT, &from.sa, &from.len);
  default:
    return pier_recvv(s, &piece, 1, MSG_DONTWAIT);
  }
}

/* Answers each datagram, and, once told to stop, says good-bye. */
static void take_without_waiting(void *argument)
{
  const taker *t = (const taker *)argument;
  char byte = 0;
  while (pier_wait(t->stop, POLLIN, 0, NULL) == PIER_ETIMEDOUT) {
    pier_ssize_t result = take_by(t->call, t->shared, &byte);
    if (result == 1)
      assert_result(1, pier_sendto(t->shared, &byte, 1, 0, &t->answers.sa, t->answers.len));
    else
      assert_result(PIER_EAGAIN, result);
  }
  byte = '!';
  assert_result(1, pier_sendto(t->shared, &byte, 1, 0, &t->answers.sa, t->answers.len));
}

/* Difference: 19-dontwait-recv-race */
static void test_a_receive_that_must_not_wait_never_does_and_loses_nothing(void **state)
{
  (void)state;
  pier_address shared_name, answers_name;
  pier_socket_t shared = make_udp(AF_INET, &shared_name);
  pier_socket_t answers = make_udp(AF_INET, &answers_name);
  pier_socket_t stop[2];
  taker takers[3];
  test_thread *threads[3];
  char byte;
  make_tcp_pair(AF_INET, stop);
  for (int i = 0; i < 3; i++) {
    takers[i] = (taker){shared, stop[1], answers_name, i};
    threads[i] = thread_start(take_without_waiting, &takers[i]);
  }
  for (int i = 0; i < 300; i++) {
    char sent = (char)('a' + i % 26);
    assert_result(1, pier_sendto(answers, &sent, 1, 0, &shared_name.sa, shared_name.len));
    await_readable(answers);
    assert_result(1, pier_recv(answers, &byte, 1, 0));
    assert_int_equal(byte, sent);
  }
  send_whole(stop[0], "s", 1);
  for (int i = 0; i < 3; i++) { /* one that waits for a datagram does not say good-bye */
    await_readable(answers);
    assert_result(1, pier_recv(answers, &byte, 1, 0));
    assert_int_equal(byte, '!');
  }
  for (int i = 0; i < 3; i++)
    thread_join(threads[i]);
  close_pair(stop);
  assert_ok(pier_close(shared));
  assert_ok(pier_close(answers));
}

/* Difference: 19-dontwait-recv-ready */
static void test_a_receive_that_must_not_wait_takes_what_is_there(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char data[4];
  pier_address from;
  pier_iovec piece = {.iov_base = data, .iov_len = sizeof data};
  pier_msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  make_udp_pair(AF_INET, pair);
  for (int i = 0; i < 5; i++)
    assert_result(10, pier_send(pair[0], "0123456789", 10, 0));
  await_readable(pair[1]);
  assert_result(4, pier_recv(pair[1], data, sizeof data, MSG_DONTWAIT | MSG_PEEK));
  assert_result(4, pier_recv(pair[1], data, sizeof data, MSG_DONTWAIT));
  from.len = sizeof from.storage;
  assert_result(4, pier_recvfrom(pair[1], data, 4, MSG_DONTWAIT, &from.sa, &from.len));
  assert_int_equal(from.len, sizeof from.in);
  assert_result(4, pier_recvmsg(pair[1], &message, MSG_DONTWAIT));
  assert_int_equal(message.msg_flags, MSG_TRUNC);
  assert_result(0, pier_recv(pair[1], NULL, 0, MSG_DONTWAIT));
  assert_result(4, pier_recv(pair[1], data, sizeof data, MSG_DONTWAIT));
  assert_memory_equal(data, "0123", 4);
  assert_result(PIER_EAGAIN, pier_recv(pair[1], data, sizeof data, MSG_DONTWAIT));
  assert_result(PIER_EAGAIN, pier_recv(pair[1], data, sizeof data, MSG_DONTWAIT | MSG_PEEK));
  assert_result(PIER_EAGAIN, pier_recvfrom(pair[1], data, 4, MSG_DONTWAIT, &from.sa, &from.len));
  assert_result(PIER_EAGAIN, pier_recvmsg(pair[1], &message, MSG_DONTWAIT));
  assert_int_equal(is_blocking(pair[1]), 1);
  close_pair(pair);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    for_family(test_a_datagram_arrives_whole_with_its_sender, in),
    for_family(test_a_datagram_arrives_whole_with_its_sender, in6),
    cmocka_unit_test(test_a_short_buffer_cuts_the_senders_address),
    cmocka_unit_test(test_a_long_datagram_gives_its_first_bytes_and_no_error),
    cmocka_unit_test(test_peek_leaves_the_datagram_even_when_cut),
    cmocka_unit_test(test_an_empty_datagram_is_a_datagram),
    cmocka_unit_test(test_receiving_into_nothing_takes_one_datagram),
    cmocka_unit_test(test_a_datagram_too_long_to_send_is_an_error),
    for_family(test_an_unconnected_socket_survives_undeliverable_datagrams, in),
    for_family(test_an_unconnected_socket_survives_undeliverable_datagrams, in6),
    cmocka_unit_test(test_an_adopted_socket_survives_undeliverable_datagrams),
    cmocka_unit_test(test_without_a_peer_there_is_nowhere_to_send),
    cmocka_unit_test(test_mistaken_receivers_have_one_code_each),
    cmocka_unit_test(test_a_connected_socket_hears_its_peer_only),
    cmocka_unit_test(test_sending_binds_an_unbound_socket),
    cmocka_unit_test(test_only_posix_tells_a_connected_socket_of_a_lost_datagram),
    cmocka_unit_test(test_a_receive_that_must_not_wait_never_does_and_loses_nothing),
    cmocka_unit_test(test_a_receive_that_must_not_wait_takes_what_is_there),
  };
  return cmocka_run_group_tests_name("datagram", tests, NULL, NULL);
}

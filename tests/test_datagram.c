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

static void test_without_a_peer_there_is_nowhere_to_send(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t s = make_udp(AF_INET, &name);
  pier_ssize_t sent = pier_send(s, "x", 1, 0);
  if (on_wine())
    assert_either(PIER_ENOTCONN, PIER_EINVAL, sent);
  else
    assert_either(PIER_ENOTCONN, PIER_EDESTADDRREQ, sent);
  assert_result(PIER_EINVAL, pier_sendto(s, "x", 1, 0, NULL, name.len));
  assert_ok(pier_close(s));
}

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
  };
  return cmocka_run_group_tests_name("datagram", tests, NULL, NULL);
}

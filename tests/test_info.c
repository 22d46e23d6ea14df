/* What comes with a datagram beside its bytes: pier_recvinfo, pier_sendinfo. */
#include "support.h"

#define EVERY_FIELD (PIER_INFO_LOCAL | PIER_INFO_INTERFACE | PIER_INFO_TTL | PIER_INFO_TOS)

/* A UDP socket bound to every address of the family, and its name on loopback. */
static pier_socket_t make_wildcard(int family, bool dual_stack, pier_address *name)
{
  pier_socket_t s;
  pier_address bound;
  assert_ok(pier_socket(family, SOCK_DGRAM, 0, &s));
  if (dual_stack)
    assert_ok(pier_set_option(s, PIER_OPT_V6ONLY, 0));
  assert_ok(pier_address_any(family, 0, &bound));
  assert_ok(pier_bind(s, &bound.sa, bound.len));
  bound.len = sizeof bound.storage;
  assert_ok(pier_getsockname(s, &bound.sa, &bound.len));
  int on_loopback = dual_stack ? AF_INET : family;
  assert_ok(pier_address_loopback(on_loopback, pier_address_port(&bound), name));
  return s;
}

static void set_number(pier_socket_t s, int level, int name, int value)
{
  assert_ok(pier_setsockopt(s, level, name, &value, sizeof value));
}

static void set_hops(pier_socket_t s, int family, int hops)
{
  if (family == AF_INET6)
    set_number(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops);
  else
    set_number(s, IPPROTO_IP, IP_TTL, hops);
}

/* ::ffff:127.0.0.1 and the port. */
static pier_address mapped_loopback(int port)
{
  pier_address mapped;
  assert_ok(pier_address_parse_host("::ffff:127.0.0.1", port, &mapped));
  return mapped;
}

/* Difference: 20-info-local */
static void test_info_tells_the_local_address_and_the_interface(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  pier_address name, sender_name, from, loopback;
  pier_datagram_info info;
  char data[8];
  pier_socket_t s = make_wildcard(family, false, &name);
  pier_socket_t sender = make_udp(family, &sender_name);
  assert_ok(pier_datagram_info_enable(s, PIER_INFO_LOCAL | PIER_INFO_INTERFACE));
  assert_result(3, pier_sendto(sender, "abc", 3, 0, &name.sa, name.len));
  from.len = sizeof from.storage;
  assert_result(3, pier_recvinfo(s, data, sizeof data, 0, &from.sa, &from.len, &info));
  assert_memory_equal(data, "abc", 3);
  assert_true(pier_address_equal(&from, &sender_name));
  assert_int_equal(info.fields & EVERY_FIELD, PIER_INFO_LOCAL | PIER_INFO_INTERFACE);
  assert_ok(pier_address_loopback(family, 0, &loopback));
  assert_true(pier_address_equal(&info.local, &loopback));
  assert_true(info.interface_index != 0);
  if (!on_emulator()) /* which does not turn the bytes of this control data round */
    assert_int_equal(info.interface_index, loopback_interface());
  assert_int_equal(info.msg_flags, 0);
  assert_ok(pier_close(s));
  assert_ok(pier_close(sender));
}

/* Difference: 20-info-ttl */
static void test_info_tells_the_time_to_live(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  pier_address name, sender_name;
  pier_datagram_info info;
  char byte;
  pier_socket_t s = make_wildcard(family, false, &name);
  pier_socket_t sender = make_udp(family, &sender_name);
  assert_ok(pier_datagram_info_enable(s, PIER_INFO_TTL));
  for (int hops = 1; hops < 256; hops += 127) {
    set_hops(sender, family, hops);
    assert_result(1, pier_sendto(sender, "x", 1, 0, &name.sa, name.len));
    assert_result(1, pier_recvinfo(s, &byte, 1, 0, NULL, NULL, &info));
    assert_int_equal(info.fields & PIER_INFO_TTL, PIER_INFO_TTL);
    assert_int_equal(info.ttl, hops);
  }
  assert_ok(pier_close(s));
  assert_ok(pier_close(sender));
}

/* Difference: 20-info-tos */
static void test_info_tells_the_type_of_service(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  pier_address name, sender_name;
  pier_datagram_info info;
  char byte;
  int tos = 0x28;
  pier_socket_t s = make_wildcard(family, false, &name);
  pier_socket_t sender = make_udp(family, &sender_name);
  int result = pier_datagram_info_enable(s, PIER_INFO_TOS);
  /* Windows' network policy sets it, not the program. */
  if (family == AF_INET && !on_windows())
    set_number(sender, IPPROTO_IP, IP_TOS, tos);
  else
    tos = 0;
  if (result == 0) {
    assert_result(1, pier_sendto(sender, "x", 1, 0, &name.sa, name.len));
    assert_result(1, pier_recvinfo(s, &byte, 1, 0, NULL, NULL, &info));
    assert_int_equal(info.fields & PIER_INFO_TOS, PIER_INFO_TOS);
    assert_int_equal(info.tos, tos);
  }
  assert_ok(pier_close(s));
  assert_ok(pier_close(sender));
  if (result == PIER_ENOTSUP)
    skip_because("this system does not tell the type of service");
  assert_ok(result);
}

/* Difference: 20-info-dual-stack */
static void test_a_dual_stack_socket_tells_of_ipv4_datagrams_too(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("no IPv6 here");
  pier_address name, sender_name, from, loopback = mapped_loopback(0);
  pier_datagram_info info;
  char byte;
  pier_socket_t s = make_wildcard(AF_INET6, true, &name);
  pier_socket_t sender = make_udp(AF_INET, &sender_name);
  assert_ok(pier_datagram_info_enable(s, PIER_INFO_LOCAL | PIER_INFO_INTERFACE | PIER_INFO_TTL));
  set_hops(sender, AF_INET, 99);
  assert_result(1, pier_sendto(sender, "x", 1, 0, &name.sa, name.len));
  from.len = sizeof from.storage;
  assert_result(1, pier_recvinfo(s, &byte, 1, 0, &from.sa, &from.len, &info));
  assert_int_equal(from.sa.sa_family, AF_INET6);
  if (info.fields & PIER_INFO_LOCAL)
    assert_true(pier_address_equal(&info.local, &loopback));
  if (info.fields & PIER_INFO_TTL)
    assert_int_equal(info.ttl, 99);
  unsigned told = info.fields;
  assert_ok(pier_close(s));
  assert_ok(pier_close(sender));
  if (on_wine() && !(told & PIER_INFO_LOCAL))
    skip_because("Wine tells nothing of IPv4 datagrams on an IPv6 socket");
  assert_int_equal(told & PIER_INFO_LOCAL, PIER_INFO_LOCAL);
}

/* Difference: 20-info-truncated */
static void test_a_cut_datagram_is_told_with_its_info(void **state)
{
  (void)state;
  pier_address name, sender_name;
  pier_datagram_info info;
  char data[4];
  pier_socket_t s = make_wildcard(AF_INET, false, &name);
  pier_socket_t sender = make_udp(AF_INET, &sender_name);
  assert_ok(pier_datagram_info_enable(s, PIER_INFO_LOCAL));
  assert_result(10, pier_sendto(sender, "0123456789", 10, 0, &name.sa, name.len));
  assert_result(10, pier_sendto(sender, "0123456789", 10, 0, &name.sa, name.len));
  assert_result(0, pier_sendto(sender, NULL, 0, 0, &name.sa, name.len));
  assert_result(4, pier_recvinfo(s, data, sizeof data, 0, NULL, NULL, &info));
  assert_memory_equal(data, "0123", 4);
  assert_int_equal(info.msg_flags, MSG_TRUNC);
  assert_int_equal(info.fields & PIER_INFO_LOCAL, PIER_INFO_LOCAL);
  assert_result(0, pier_recvinfo(s, NULL, 0, 0, NULL, NULL, &info));
  assert_int_equal(info.msg_flags, MSG_TRUNC);
  assert_result(0, pier_recvinfo(s, data, sizeof data, 0, NULL, NULL, &info));
  assert_int_equal(info.msg_flags, 0);
  assert_result(PIER_EAGAIN, pier_recvinfo(s, data, sizeof data, MSG_DONTWAIT, NULL, NULL, &info));
  assert_ok(pier_close(s));
  assert_ok(pier_close(sender));
}

static void test_without_info_it_is_recvfrom_and_sendto(void **state)
{
  (void)state;
  pier_address names[2], from;
  pier_socket_t pair[2] = {make_udp(AF_INET, &names[0]), make_udp(AF_INET, &names[1])};
  pier_datagram_info info = {0};
  char data[8];
  assert_result(3, pier_sendinfo(pair[0], "abc", 3, 0, &names[1].sa, names[1].len, NULL));
  assert_result(2, pier_sendinfo(pair[0], "de", 2, 0, &names[1].sa, names[1].len, &info));
  from.len = sizeof from.storage;
  assert_result(3, pier_recvinfo(pair[1], data, sizeof data, 0, &from.sa, &from.len, NULL));
  assert_true(pier_address_equal(&from, &names[0]));
  socklen_t cut = 1;
  memset(&from, 0, sizeof from);
  assert_result(2, pier_recvinfo(pair[1], data, sizeof data, 0, &from.sa, &cut, &info));
  assert_int_equal(cut, sizeof from.in);
  assert_int_equal(pier_address_port(&from) < 0 ? 0 : from.in.sin_port, 0);
  if (!on_wine()) /* which may tell what nobody asked for */
    assert_int_equal(info.fields, 0);
  close_pair(pair);
}

static void test_mistakes_of_enabling_are_errors(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t pair[2];
  pier_socket_t s = make_udp(AF_INET, &name);
  assert_result(PIER_EINVAL, pier_datagram_info_enable(s, 0));
  assert_result(PIER_EINVAL, pier_datagram_info_enable(s, 16));
  assert_result(PIER_EINVAL, pier_datagram_info_enable(s, PIER_INFO_TTL | 0x80000000u));
  assert_bad_handle(pier_datagram_info_enable(make_closed_socket(), PIER_INFO_TTL));
  assert_bad_handle(pier_datagram_info_enable(PIER_INVALID_SOCKET, PIER_INFO_TTL));
  make_tcp_pair(AF_INET, pair);
  assert_result(PIER_ENOTSUP, pier_datagram_info_enable(pair[0], PIER_INFO_LOCAL));
  close_pair(pair);
  assert_ok(pier_close(s));
}

static void test_mistakes_of_sending_are_errors(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t pair[2];
  pier_socket_t s = make_udp(AF_INET, &name);
  pier_datagram_info cases[] = {
    {.fields = 16},
    {.fields = PIER_INFO_TTL, .ttl = 0},
    {.fields = PIER_INFO_TTL, .ttl = 256},
    {.fields = PIER_INFO_TOS, .tos = -1},
    {.fields = PIER_INFO_TOS, .tos = 256},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_result(PIER_EINVAL, pier_sendinfo(s, "x", 1, 0, &name.sa, name.len, &cases[i]));
  pier_datagram_info info = {.fields = PIER_INFO_LOCAL};
  assert_ok(pier_address_loopback(AF_INET6, 0, &info.local));
  assert_result(PIER_EAFNOSUPPORT, pier_sendinfo(s, "x", 1, 0, &name.sa, name.len, &info));
  assert_ok(pier_address_loopback(AF_INET, 0, &info.local));
  assert_result(PIER_EINVAL, pier_sendinfo(s, NULL, 1, 0, &name.sa, name.len, &info));
  assert_result(PIER_EINVAL, pier_sendinfo(s, "x", 1, 0, &name.sa, 3, &info));
  assert_result(PIER_EINVAL, pier_sendinfo(s, "x", 1, 0, NULL, name.len, &info));
  assert_result(PIER_EDESTADDRREQ, pier_sendinfo(s, "x", 1, 0, NULL, 0, &info));
  char byte;
  assert_result(PIER_EINVAL, pier_recvinfo(s, NULL, 1, 0, NULL, NULL, &info));
  assert_result(PIER_EINVAL, pier_recvinfo(s, &byte, 1, 0, &name.sa, NULL, &info));
  assert_bad_handle(pier_recvinfo(make_closed_socket(), &byte, 1, 0, NULL, NULL, &info));
  assert_bad_handle(pier_sendinfo(make_closed_socket(), "x", 1, 0, &name.sa, name.len, &info));
  make_tcp_pair(AF_INET, pair);
  assert_result(PIER_ENOTSUP, pier_sendinfo(pair[0], "x", 1, 0, NULL, 0, &info));
  close_pair(pair);
  assert_ok(pier_close(s));
}

/* Difference: 20-info-reply */
static void test_an_answer_comes_from_the_address_that_was_asked(void **state)
{
  (void)state;
  if (on_wine())
    skip_because("Wine drops the control data of WSASendMsg");
  pier_address name, client_name, from, asked;
  pier_datagram_info info;
  char data[8];
  pier_socket_t s = make_wildcard(AF_INET, false, &name);
  pier_socket_t client = make_wildcard(AF_INET, false, &client_name);
  assert_ok(pier_address_parse_host("127.0.0.2", pier_address_port(&name), &asked));
  assert_ok(pier_datagram_info_enable(s, PIER_INFO_LOCAL | PIER_INFO_INTERFACE));
  if (pier_connect(client, &asked.sa, asked.len) < 0 || pier_send(client, "ask", 3, 0) < 0) {
    assert_ok(pier_close(s));
    assert_ok(pier_close(client));
    skip_because("this machine has one loopback address only");
  }
  from.len = sizeof from.storage;
  assert_result(3, pier_recvinfo(s, data, sizeof data, 0, &from.sa, &from.len, &info));
  info.fields &= PIER_INFO_LOCAL | PIER_INFO_INTERFACE;
  assert_result(6, pier_sendinfo(s, "answer", 6, 0, &from.sa, from.len, &info));
  assert_result(6, pier_recv(client, data, sizeof data, 0)); /* which hears its peer alone */
  assert_ok(pier_connect(s, &from.sa, from.len));            /* and the same without an address */
  assert_result(0, pier_sendinfo(s, NULL, 0, 0, NULL, 0, &info));
  await_readable(client);
  assert_result(0, pier_recv(client, data, sizeof data, 0));
  assert_ok(pier_close(s));
  assert_ok(pier_close(client));
}

/* Difference: 20-info-send-numbers */
static void test_ttl_and_tos_of_one_datagram_alone(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  if (on_emulator())
    skip_because("the emulator does not turn the bytes of this control data round");
  pier_address name, sender_name;
  pier_datagram_info info, out = {.fields = PIER_INFO_TTL | PIER_INFO_TOS, .ttl = 7, .tos = 0x48};
  char byte;
  pier_socket_t s = make_wildcard(family, false, &name);
  pier_socket_t sender = make_udp(family, &sender_name);
  set_hops(sender, family, 50);
  pier_ssize_t sent = pier_sendinfo(sender, "x", 1, 0, &name.sa, name.len, &out);
  if (on_windows()) {
    assert_result(PIER_ENOTSUP, sent);
  } else if (sent != PIER_ENOTSUP) {
    assert_result(1, sent);
    assert_ok(pier_datagram_info_enable(s, PIER_INFO_TTL | PIER_INFO_TOS));
    assert_result(1, pier_recv(s, &byte, 1, 0));
    assert_result(1, pier_sendinfo(sender, "x", 1, 0, &name.sa, name.len, &out));
    assert_result(1, pier_sendto(sender, "y", 1, 0, &name.sa, name.len));
    assert_result(1, pier_recvinfo(s, &byte, 1, 0, NULL, NULL, &info));
    assert_int_equal(info.ttl, 7);
    assert_int_equal(info.tos, 0x48);
    assert_result(1, pier_recvinfo(s, &byte, 1, 0, NULL, NULL, &info));
    assert_int_equal(info.ttl, 50);
    assert_int_equal(info.tos, 0);
  }
  assert_ok(pier_close(s));
  assert_ok(pier_close(sender));
}

static void test_a_dual_stack_socket_sends_to_ipv4_with_info(void **state)
{
  (void)state;
  if (!has_ipv6())
    skip_because("no IPv6 here");
  if (on_wine())
    skip_because("Wine drops the control data of WSASendMsg");
  pier_address unused, receiver_name, to, from;
  pier_datagram_info out = {.fields = PIER_INFO_LOCAL};
  char byte;
  pier_socket_t s = make_wildcard(AF_INET6, true, &unused);
  pier_socket_t receiver = make_udp(AF_INET, &receiver_name);
  to = mapped_loopback(pier_address_port(&receiver_name));
  assert_ok(pier_address_parse_host("::ffff:127.0.0.2", 0, &out.local));
  pier_ssize_t sent = pier_sendinfo(s, "x", 1, 0, &to.sa, to.len, &out);
  if (sent == 1) {
    from.len = sizeof from.storage;
    assert_result(1, pier_recvfrom(receiver, &byte, 1, 0, &from.sa, &from.len));
    assert_ok(pier_address_unmap(&out.local));
    assert_memory_equal(&from.in.sin_addr, &out.local.in.sin_addr, sizeof from.in.sin_addr);
  }
  assert_ok(pier_close(s));
  assert_ok(pier_close(receiver));
  if (sent == PIER_EADDRNOTAVAIL)
    skip_because("this machine has one loopback address only");
  assert_result(1, sent);
}

/* Difference: 20-info-foreign */
static void test_nobody_sends_from_an_address_of_others(void **state)
{
  (void)state;
  if (on_wine())
    skip_because("Wine drops the control data of WSASendMsg");
  pier_address name, receiver_name;
  pier_datagram_info out = {.fields = PIER_INFO_LOCAL};
  pier_socket_t s = make_wildcard(AF_INET, false, &name);
  pier_socket_t receiver = make_udp(AF_INET, &receiver_name);
  assert_ok(pier_address_parse_host("192.0.2.1", 0, &out.local)); /* RFC 5737 */
  assert_result(PIER_EADDRNOTAVAIL,
                pier_sendinfo(s, "x", 1, 0, &receiver_name.sa, receiver_name.len, &out));
  assert_ok(pier_close(s));
  assert_ok(pier_close(receiver));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    for_family(test_info_tells_the_local_address_and_the_interface, in),
    for_family(test_info_tells_the_local_address_and_the_interface, in6),
    for_family(test_info_tells_the_time_to_live, in),
    for_family(test_info_tells_the_time_to_live, in6),
    for_family(test_info_tells_the_type_of_service, in),
    for_family(test_info_tells_the_type_of_service, in6),
    cmocka_unit_test(test_a_dual_stack_socket_tells_of_ipv4_datagrams_too),
    cmocka_unit_test(test_a_cut_datagram_is_told_with_its_info),
    cmocka_unit_test(test_without_info_it_is_recvfrom_and_sendto),
    cmocka_unit_test(test_mistakes_of_enabling_are_errors),
    cmocka_unit_test(test_mistakes_of_sending_are_errors),
    cmocka_unit_test(test_an_answer_comes_from_the_address_that_was_asked),
    for_family(test_ttl_and_tos_of_one_datagram_alone, in),
    for_family(test_ttl_and_tos_of_one_datagram_alone, in6),
    cmocka_unit_test(test_a_dual_stack_socket_sends_to_ipv4_with_info),
    cmocka_unit_test(test_nobody_sends_from_an_address_of_others),
  };
  return cmocka_run_group_tests_name("info", tests, NULL, NULL);
}

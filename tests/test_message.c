/* Messages: pieces, addresses and flags of pier_sendmsg and pier_recvmsg. */
#include "support.h"

/* Difference: 20-pieces-datagram */
static void test_a_message_carries_its_pieces_and_its_address(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  pier_address names[2], from;
  pier_socket_t pair[2] = {make_udp(family, &names[0]), make_udp(family, &names[1])};
  char ab[] = "ab", cde[] = "cde", first[1], rest[9];
  pier_iovec out[2] = {{.iov_base = ab, .iov_len = 2}, {.iov_base = cde, .iov_len = 3}};
  pier_iovec back[2] = {{.iov_base = first, .iov_len = 1}, {.iov_base = rest, .iov_len = 9}};
  pier_msghdr message = {.msg_name = &names[1].sa,
                         .msg_namelen = names[1].len,
                         .msg_iov = out,
                         .msg_iovlen = 2};
  assert_result(5, pier_sendmsg(pair[0], &message, 0));
  pier_msghdr answer = {.msg_name = &from.sa,
                        .msg_namelen = sizeof from.storage,
                        .msg_iov = back,
                        .msg_iovlen = 2,
                        .msg_flags = -1};
  assert_result(5, pier_recvmsg(pair[1], &answer, 0));
  from.len = answer.msg_namelen;
  assert_true(pier_address_equal(&from, &names[0]));
  assert_int_equal(first[0], 'a');
  assert_memory_equal(rest, "bcde", 4);
  assert_int_equal(answer.msg_flags & (MSG_TRUNC | MSG_CTRUNC), 0);
  assert_ok(pier_close(pair[0]));
  assert_ok(pier_close(pair[1]));
}

/* Difference: 7d-truncated-flag */
static void test_a_cut_datagram_is_told(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char data[4];
  pier_iovec piece = {.iov_base = data, .iov_len = sizeof data};
  pier_msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  make_udp_pair(AF_INET, pair);
  assert_result(10, pier_send(pair[0], "0123456789", 10, 0));
  assert_result(4, pier_send(pair[0], "0123", 4, 0));
  assert_result(1, pier_send(pair[0], "x", 1, 0));
  message.msg_namelen = 77; /* without a name there is no length of it */
  assert_result(4, pier_recvmsg(pair[1], &message, 0));
  assert_int_equal(message.msg_flags, MSG_TRUNC); /* and no flag of a system's own */
  assert_int_equal(message.msg_namelen, 0);
  assert_memory_equal(data, "0123", 4);
  assert_result(4, pier_recvmsg(pair[1], &message, 0));
  assert_int_equal(message.msg_flags, 0);
  message.msg_iovlen = 0;
  assert_result(0, pier_recvmsg(pair[1], &message, 0));
  assert_int_equal(message.msg_flags & MSG_TRUNC, MSG_TRUNC);
  assert_ok(pier_close(pair[0]));
  assert_ok(pier_close(pair[1]));
}

/* Difference: 20-no-pieces */
static void test_an_empty_message_is_an_empty_datagram(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char data[4];
  pier_iovec piece = {.iov_base = data, .iov_len = sizeof data};
  pier_msghdr empty = {0};
  pier_msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  make_udp_pair(AF_INET, pair);
  assert_result(0, pier_sendmsg(pair[0], &empty, 0));
  await_readable(pair[1]);
  assert_result(0, pier_recvmsg(pair[1], &message, 0));
  assert_int_equal(message.msg_flags & MSG_TRUNC, 0);
  assert_result(0, pier_sendmsg(pair[0], &empty, 0));
  await_readable(pair[1]);
  assert_result(0, pier_recvmsg(pair[1], &empty, 0));
  assert_int_equal(empty.msg_flags & MSG_TRUNC, 0);
  assert_ok(pier_close(pair[0]));
  assert_ok(pier_close(pair[1]));
}

/* Difference: 20-control-stream */
static void test_a_message_on_a_stream_has_no_address_and_no_control_data(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char data[8], control[256];
  pier_address from;
  pier_iovec out = {.iov_base = (char[]){"abc"}, .iov_len = 3};
  pier_msghdr message = {.msg_iov = &out, .msg_iovlen = 1};
  make_tcp_pair(AF_INET, pair);
  assert_result(3, pier_sendmsg(pair[0], &message, 0));
  pier_iovec piece = {.iov_base = data, .iov_len = sizeof data};
  pier_msghdr answer = {.msg_name = &from.sa,
                        .msg_namelen = sizeof from.storage,
                        .msg_iov = &piece,
                        .msg_iovlen = 1,
                        .msg_control = control,
                        .msg_controllen = sizeof control};
  await_readable(pair[1]);
  assert_result(3, pier_recvmsg(pair[1], &answer, 0));
  assert_int_equal(answer.msg_namelen, 0);
  assert_int_equal(answer.msg_controllen, 0);
  assert_result(PIER_EAGAIN, pier_recvmsg(pair[1], &answer, MSG_DONTWAIT));
  assert_ok(pier_close(pair[0]));
  answer.msg_control = NULL;
  assert_result(0, pier_recvmsg(pair[1], &answer, 0));
  assert_ok(pier_close(pair[1]));
}

static void test_a_receive_with_room_for_control_data_gives_the_datagram(void **state)
{
  (void)state;
  pier_address name, from;
  pier_socket_t pair[2];
  char data[4], control[256];
  pier_iovec piece = {.iov_base = data, .iov_len = sizeof data};
  make_udp_pair(AF_INET, pair);
  name.len = sizeof name.storage;
  assert_ok(pier_getsockname(pair[0], &name.sa, &name.len));
  for (int i = 0; i < 2; i++) {
    pier_msghdr message = {.msg_name = &from.sa,
                           .msg_namelen = sizeof from.storage,
                           .msg_iov = &piece,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
    assert_result(i ? 10 : 3, pier_send(pair[0], "0123456789", i ? 10 : 3, 0));
    assert_result(i ? 4 : 3, pier_recvmsg(pair[1], &message, 0));
    from.len = message.msg_namelen;
    assert_true(pier_address_equal(&from, &name));
    assert_int_equal(message.msg_flags & MSG_TRUNC, i ? MSG_TRUNC : 0);
  }
  assert_ok(pier_close(pair[0]));
  assert_ok(pier_close(pair[1]));
}

static void test_malformed_messages_are_errors(void **state)
{
  (void)state;
  static pier_iovec many[PIER_IOV_MAX + 1];
  pier_socket_t pair[2];
  make_udp_pair(AF_INET, pair);
  pier_iovec bad_piece = {.iov_base = NULL, .iov_len = 1};
  pier_msghdr cases[] = {
    {.msg_iov = NULL, .msg_iovlen = 1},
    {.msg_iov = &bad_piece, .msg_iovlen = 1},
    {.msg_control = NULL, .msg_controllen = 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_result(PIER_EINVAL, pier_sendmsg(pair[0], &cases[i], 0));
    assert_result(PIER_EINVAL, pier_recvmsg(pair[0], &cases[i], 0));
  }
  pier_msghdr too_many = {.msg_iov = many, .msg_iovlen = PIER_IOV_MAX + 1};
  assert_result(PIER_EMSGSIZE, pier_sendmsg(pair[0], &too_many, 0));
  assert_result(PIER_EMSGSIZE, pier_recvmsg(pair[0], &too_many, 0));
  assert_result(PIER_EINVAL, pier_sendmsg(pair[0], NULL, 0));
  assert_result(PIER_EINVAL, pier_recvmsg(pair[0], NULL, 0));
  pier_address name;
  assert_ok(pier_address_loopback(AF_INET, 9, &name));
  static const socklen_t lengths[] = {(socklen_t)-1, 0, 1, 15, 100000};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    pier_msghdr to = {.msg_name = &name.sa, .msg_namelen = lengths[i]};
    assert_result(PIER_EINVAL, pier_sendmsg(pair[0], &to, 0));
  }
  assert_ok(pier_close(pair[0]));
  assert_ok(pier_close(pair[1]));
}

/* Difference: 20-ctrunc */
static void test_control_data_that_does_not_fit_is_told_and_the_datagram_is_whole(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char data[8], control[4];
  pier_iovec piece = {.iov_base = data, .iov_len = 5};
  make_udp_pair(AF_INET, pair);
  assert_ok(pier_datagram_info_enable(pair[1], PIER_INFO_LOCAL | PIER_INFO_TTL));
  for (int flags = 0;; flags = MSG_DONTWAIT) {
    pier_msghdr message = {.msg_iov = &piece,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
    assert_result(3, pier_send(pair[0], "abc", 3, 0));
    await_readable(pair[1]);
    assert_result(3, pier_recvmsg(pair[1], &message, flags));
    assert_memory_equal(data, "abc", 3);
    assert_int_equal(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC), MSG_CTRUNC);
    assert_true(message.msg_controllen <= sizeof control);
    message.msg_controllen = sizeof control;
    assert_result(8, pier_send(pair[0], "abcdefgh", 8, 0));
    await_readable(pair[1]);
    assert_result(5, pier_recvmsg(pair[1], &message, flags));
    assert_int_equal(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC), MSG_TRUNC | MSG_CTRUNC);
    if (flags != 0)
      break;
  }
  close_pair(pair);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    for_family(test_a_message_carries_its_pieces_and_its_address, in),
    for_family(test_a_message_carries_its_pieces_and_its_address, in6),
    cmocka_unit_test(test_a_cut_datagram_is_told),
    cmocka_unit_test(test_an_empty_message_is_an_empty_datagram),
    cmocka_unit_test(test_a_message_on_a_stream_has_no_address_and_no_control_data),
    cmocka_unit_test(test_a_receive_with_room_for_control_data_gives_the_datagram),
    cmocka_unit_test(test_malformed_messages_are_errors),
    cmocka_unit_test(test_control_data_that_does_not_fit_is_told_and_the_datagram_is_whole),
  };
  return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}

/* Sending and receiving on streams. */
#include "support.h"

#include <limits.h>

static void test_bytes_arrive_and_then_the_orderly_end(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  pier_socket_t pair[2];
  char data[16];
  make_tcp_pair(family, pair);
  assert_result(5, pier_send(pair[0], "hello", 5, 0));
  receive_whole(pair[1], data, 5);
  assert_memory_equal(data, "hello", 5);
  assert_ok(pier_close(pair[0]));
  assert_result(0, pier_recv(pair[1], data, sizeof data, 0));
  assert_result(0, pier_recv(pair[1], data, sizeof data, 0));
  assert_ok(pier_close(pair[1]));
}

/* Difference: 7b-nothing-to-read */
/* Difference: 19-dontwait-recv */
static void test_a_receive_that_would_block_says_so(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte;
  make_tcp_pair(AF_INET, pair);
  assert_result(PIER_EAGAIN, pier_recv(pair[0], &byte, 1, MSG_DONTWAIT));
  assert_int_equal(is_blocking(pair[0]), 1);
  assert_ok(pier_set_nonblocking(pair[0], true));
  assert_result(PIER_EAGAIN, pier_recv(pair[0], &byte, 1, 0));
  assert_result(PIER_EAGAIN, pier_recvfrom(pair[0], &byte, 1, 0, NULL, NULL));
  pier_iovec piece = {.iov_base = &byte, .iov_len = 1};
  assert_result(PIER_EAGAIN, pier_recvv(pair[0], &piece, 1, 0));
  close_pair(pair);
}

/* Difference: 34-partial-send */
static void test_a_send_that_would_block_is_partial_and_then_says_so(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  size_t size = 1 << 20;
  char *data = (char *)malloc(size);
  assert_non_null(data);
  fill_pattern(data, size, 0);
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_set_nonblocking(pair[0], true));
  size_t taken = 0;
  pier_ssize_t sent;
  while ((sent = pier_send(pair[0], data + taken % size, size - taken % size, 0)) > 0)
    taken += (size_t)sent;
  assert_result(PIER_EAGAIN, sent);
  assert_result(PIER_EAGAIN, pier_send(pair[0], data, 1, MSG_DONTWAIT));
  assert_ok(pier_shutdown(pair[0], SHUT_WR));
  for (size_t done = 0; done < taken;) { /* what was taken arrives */
    size_t piece = taken - done < size - done % size ? taken - done : size - done % size;
    char *got = (char *)malloc(piece);
    assert_non_null(got);
    receive_whole(pair[1], got, piece);
    assert_memory_equal(got, data + done % size, piece);
    free(got);
    done += piece;
  }
  char byte;
  assert_result(0, pier_recv(pair[1], &byte, 1, 0));
  free(data);
  close_pair(pair);
}

/* Difference: 19-dontwait-send */
static void test_a_send_that_must_not_wait_does_not_on_a_socket_that_blocks(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  size_t size = 8 << 20;
  char *data = (char *)calloc(1, size), byte;
  assert_non_null(data);
  pier_iovec pieces[2] = {{.iov_base = data, .iov_len = 1}, {.iov_base = data, .iov_len = size}};
  for (int call = 0; call < 3; call++) {
    make_tcp_pair(AF_INET, pair);
    pier_address peer;
    peer.len = sizeof peer.storage;
    assert_ok(pier_getpeername(pair[0], &peer.sa, &peer.len));
    pier_ssize_t sent;
    do
      sent = call == 0   ? pier_send(pair[0], data, size, MSG_DONTWAIT)
             : call == 1 ? pier_sendv(pair[0], pieces, 2, MSG_DONTWAIT)
                         : pier_sendto(pair[0], data, size, MSG_DONTWAIT, &peer.sa, peer.len);
    while (sent > 0);
    assert_result(PIER_EAGAIN, sent);
    assert_result(1, pier_recv(pair[1], &byte, 1, MSG_DONTWAIT));
    close_pair(pair);
  }
  free(data);
}

/* Difference: 19-peek-stream */
/* Difference: 19-peek-waitall */
static void test_peek_leaves_the_bytes(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char data[8];
  make_tcp_pair(AF_INET, pair);
  send_whole(pair[0], "peek", 4);
  await_readable(pair[1]);
  assert_result(2, pier_recv(pair[1], data, 2, MSG_PEEK));
  receive_whole(pair[1], data, 4);
  assert_memory_equal(data, "peek", 4);
  assert_result(PIER_EINVAL, pier_recv(pair[1], data, 4, MSG_PEEK | MSG_WAITALL));
  assert_result(PIER_EINVAL, pier_recvfrom(pair[1], data, 4, MSG_PEEK | MSG_WAITALL, NULL, NULL));
  pier_iovec piece = {.iov_base = data, .iov_len = 4};
  assert_result(PIER_EINVAL, pier_recvv(pair[1], &piece, 1, MSG_PEEK | MSG_WAITALL));
  close_pair(pair);
}

static void send_in_pieces(void *argument)
{
  pier_socket_t s = *(pier_socket_t *)argument;
  char data[1000];
  for (size_t i = 0; i < 10; i++) {
    fill_pattern(data, sizeof data, i * sizeof data);
    send_whole(s, data, sizeof data);
  }
}

/* Difference: 19-waitall */
static void test_waitall_waits_for_all(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char data[10000];
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_set_option(pair[0], PIER_OPT_NODELAY, 1));
  test_thread *sender = thread_start(send_in_pieces, &pair[0]);
  assert_result(sizeof data, pier_recv(pair[1], data, sizeof data, MSG_WAITALL));
  assert_true(is_pattern(data, sizeof data, 0));
  thread_join(sender);
  sender = thread_start(send_in_pieces, &pair[0]);
  pier_iovec halves[2] = {{.iov_base = data, .iov_len = 1},
                          {.iov_base = data + 1, .iov_len = 9999}};
  assert_result(sizeof data, pier_recvv(pair[1], halves, 2, MSG_WAITALL));
  assert_true(is_pattern(data, sizeof data, 0));
  thread_join(sender);

  send_whole(pair[0], "end", 3);
  assert_ok(pier_close(pair[0]));
  assert_result(3, pier_recv(pair[1], data, sizeof data, MSG_WAITALL));
  assert_result(0, pier_recv(pair[1], data, sizeof data, MSG_WAITALL));
  assert_ok(pier_close(pair[1]));
}

/* Difference: 19-waitall-nonblocking */
static void test_waitall_does_not_wait_where_the_socket_does_not(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char data[8];
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_set_nonblocking(pair[1], true));
  assert_result(PIER_EAGAIN, pier_recv(pair[1], data, sizeof data, MSG_WAITALL));
  send_whole(pair[0], "abc", 3);
  await_readable(pair[1]);
  assert_result(3, pier_recv(pair[1], data, sizeof data, MSG_WAITALL));
  close_pair(pair);
}

/* Difference: 19-eor */
/* Difference: 19-numbers */
/* Difference: 6-nosignal-flag */
static void test_flags_of_other_systems_do_no_harm(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte;
  make_tcp_pair(AF_INET, pair);
  assert_result(1, pier_send(pair[0], "x", 1, MSG_NOSIGNAL | MSG_EOR | MSG_DONTWAIT));
  await_readable(pair[1]);
  assert_result(1, pier_recv(pair[1], &byte, 1, MSG_DONTWAIT));
  close_pair(pair);
}

/* Difference: 19-oob */
static void test_out_of_band_bytes_overtake(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte;
  make_tcp_pair(AF_INET, pair);
  assert_result(1, pier_send(pair[0], "!", 1, MSG_OOB));
  assert_int_equal(pier_wait(pair[1], POLLPRI, TEST_TIMEOUT_MS, NULL) & POLLPRI, POLLPRI);
  assert_result(1, pier_recv(pair[1], &byte, 1, MSG_OOB | MSG_DONTWAIT));
  assert_int_equal(byte, '!');
  close_pair(pair);
}

/* Difference: 19-no-bytes */
static void test_no_bytes_on_a_stream_are_no_wait_and_no_end(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte;
  socklen_t len = 1;
  pier_address from;
  make_tcp_pair(AF_INET, pair);
  assert_result(0, pier_recv(pair[0], NULL, 0, 0)); /* the socket blocks, and nothing comes */
  assert_result(0, pier_recv(pair[0], &byte, 0, 0));
  assert_result(0, pier_recvfrom(pair[0], NULL, 0, 0, &from.sa, &len));
  assert_int_equal(len, 0);
  assert_result(0, pier_recvv(pair[0], NULL, 0, 0));
  assert_result(0, pier_send(pair[0], NULL, 0, 0));
  assert_result(0, pier_sendv(pair[0], NULL, 0, 0));
  assert_result(1, pier_send(pair[0], "x", 1, 0));
  assert_result(1, pier_recv(pair[1], &byte, 1, 0));
  close_pair(pair);
  assert_bad_handle(pier_recv(make_closed_socket(), NULL, 0, 0));
  assert_bad_handle(pier_send(make_closed_socket(), NULL, 0, 0));
  assert_bad_handle(pier_sendv(make_closed_socket(), NULL, 0, 0));
}

/* Difference: 19-sizes */
static void test_sizes_are_cut_to_what_a_call_takes(void **state)
{
  (void)state;
  if (sizeof(size_t) < 8)
    skip_because("no buffer can be so large");
  size_t size = sizeof(size_t) < 8 ? 0 : (size_t)3 << 30;
  char *data = (char *)malloc(size); /* never touched, but for its first bytes */
  if (data == NULL)
    skip_because("no memory for 3 GiB");
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  send_whole(pair[0], "12345", 5);
  await_readable(pair[1]);
  pier_ssize_t received = pier_recv(pair[1], data, size, 0);
  if (received == PIER_EFAULT || received == PIER_ENOMEM) {
    close_pair(pair);
    free(data);
    skip_because("the emulator cannot lend so much memory to a call");
  }
  assert_result(5, received);
  assert_memory_equal(data, "12345", 5);
  pier_iovec pieces[3] = {{.iov_base = data, .iov_len = 3},
                          {.iov_base = data, .iov_len = size},
                          {.iov_base = data, .iov_len = size}};
  send_whole(pair[0], "12345", 5);
  await_readable(pair[1]);
  assert_result(5, pier_recvv(pair[1], pieces, 3, 0));
  assert_true(pieces[2].iov_len == size);
  close_pair(pair);
  free(data);
}

/* Difference: 20-pieces */
static void test_pieces_are_sent_and_filled_in_their_order(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char out[3000], back[3000];
  fill_pattern(out, sizeof out, 0);
  make_tcp_pair(AF_INET, pair);
  pier_iovec from[4] = {{.iov_base = out, .iov_len = 1},
                        {.iov_base = NULL, .iov_len = 0},
                        {.iov_base = out + 1, .iov_len = 1999},
                        {.iov_base = out + 2000, .iov_len = 1000}};
  assert_result(3000, pier_sendv(pair[0], from, 4, 0));
  pier_iovec to[3] = {{.iov_base = back, .iov_len = 10},
                      {.iov_base = back + 10, .iov_len = 2000},
                      {.iov_base = back + 2010, .iov_len = 990}};
  assert_result(3000, pier_recvv(pair[1], to, 3, MSG_WAITALL));
  assert_memory_equal(back, out, sizeof out);
  close_pair(pair);
}

/* Difference: 20-pieces-limit */
static void test_as_many_pieces_as_promised_and_no_more(void **state)
{
  (void)state;
  static pier_iovec pieces[PIER_IOV_MAX + 1];
  static char bytes[PIER_IOV_MAX + 1], back[PIER_IOV_MAX];
  fill_pattern(bytes, sizeof bytes, 0);
  for (size_t i = 0; i < sizeof bytes; i++)
    pieces[i] = (pier_iovec){.iov_base = bytes + i, .iov_len = 1};
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_result(PIER_EMSGSIZE, pier_sendv(pair[0], pieces, PIER_IOV_MAX + 1, 0));
  assert_result(PIER_EMSGSIZE, pier_recvv(pair[0], pieces, PIER_IOV_MAX + 1, 0));
  assert_result(PIER_EINVAL, pier_sendv(pair[0], pieces, -1, 0));
  assert_result(PIER_EINVAL, pier_recvv(pair[0], pieces, INT_MIN, 0));
  assert_result(PIER_IOV_MAX, pier_sendv(pair[0], pieces, PIER_IOV_MAX, 0));
  receive_whole(pair[1], back, sizeof back);
  assert_memory_equal(back, bytes, sizeof back);
  pieces[7].iov_base = NULL;
  assert_result(PIER_EINVAL, pier_sendv(pair[0], pieces, 10, 0));
  assert_result(PIER_EINVAL, pier_recvv(pair[0], pieces, 10, 0));
  close_pair(pair);
}

/* Difference: 7b-recvfrom-stream */
static void test_a_connection_has_no_sender_address(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte;
  pier_address from;
  from.len = sizeof from.storage;
  make_tcp_pair(AF_INET, pair);
  send_whole(pair[0], "x", 1);
  await_readable(pair[1]);
  assert_result(1, pier_recvfrom(pair[1], &byte, 1, 0, &from.sa, &from.len));
  assert_int_equal(from.len, 0);
  close_pair(pair);
}

/* Difference: 7b-send-unconnected-stream */
static void test_an_unconnected_stream_transfers_nothing(void **state)
{
  (void)state;
  pier_socket_t s;
  char byte;
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &s));
  assert_result(PIER_ENOTCONN, pier_recv(s, &byte, 1, 0));
  assert_result(PIER_ENOTCONN, pier_recv(s, &byte, 1, MSG_DONTWAIT));
  assert_result(PIER_ENOTCONN, pier_send(s, "x", 1, MSG_DONTWAIT));
  pier_ssize_t sent = pier_send(s, "x", 1, 0);
  if (on_wine())
    assert_either(PIER_ENOTCONN, PIER_ECONNRESET, sent);
  else
    assert_result(PIER_ENOTCONN, sent);
  assert_ok(pier_close(s));
}

/* Difference: 19-oob-nothing */
static void test_out_of_band_data_is_never_waited_for(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte;
  pier_iovec piece = {.iov_base = &byte, .iov_len = 1};
  make_tcp_pair(AF_INET, pair);
  send_whole(pair[1], "n", 1);
  await_readable(pair[0]);
  for (int flags = MSG_OOB;; flags = MSG_OOB | MSG_DONTWAIT) { /* the socket blocks */
    assert_result(PIER_EINVAL, pier_recv(pair[0], &byte, 1, flags));
    assert_result(PIER_EINVAL, pier_recvfrom(pair[0], &byte, 1, flags, NULL, NULL));
    assert_result(PIER_EINVAL, pier_recvv(pair[0], &piece, 1, flags));
    if (flags & MSG_DONTWAIT)
      break;
  }
  assert_result(1, pier_recv(pair[0], &byte, 1, 0));
  assert_int_equal(byte, 'n');
  close_pair(pair);
}

/* Difference: 34-sent-is-not-delivered */
static void test_the_first_send_to_a_peer_that_closed_is_taken(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_close(pair[1]));
  await_readable(pair[0]); /* the end has come */
  assert_result(1, pier_send(pair[0], "x", 1, 0));
  assert_ok(pier_close(pair[0]));
}

/* Difference: 7b-receive-timeout */
static void test_a_receive_that_runs_out_of_time_has_its_systems_code(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte;
  make_tcp_pair(AF_INET, pair);
  set_recv_timeout(pair[0], 20);
  assert_result(on_windows() ? PIER_ETIMEDOUT : PIER_EAGAIN, pier_recv(pair[0], &byte, 1, 0));
  assert_result(PIER_EAGAIN, pier_recv(pair[0], &byte, 1, MSG_DONTWAIT));
  close_pair(pair);
}

/* Difference: 7b-recv-after-shutdown */
static void test_a_receive_that_must_not_wait_sees_the_end_after_shutdown(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte;
  make_tcp_pair(AF_INET, pair);
  assert_ok(pier_shutdown(pair[0], SHUT_RD));
  assert_result(0, pier_recv(pair[0], &byte, 1, 0));
  assert_result(0, pier_recv(pair[0], &byte, 1, MSG_DONTWAIT));
  close_pair(pair);
}

static void echo_all(void *argument)
{
  pier_socket_t s = *(pier_socket_t *)argument;
  char data[30000];
  pier_ssize_t received;
  while ((received = pier_recv(s, data, sizeof data, 0)) > 0)
    send_whole(s, data, (size_t)received);
  assert_ok(received);
  assert_ok(pier_shutdown(s, SHUT_WR));
}

/* Difference: 34-writable */
static void test_a_large_transfer_comes_back_byte_for_byte(void **state)
{
  int family = *(int *)*state;
  if (family == AF_INET6 && !has_ipv6())
    skip_because("no IPv6 here");
  const size_t total = 8000000;
  static char out[50000], back[50000];
  pier_socket_t pair[2];
  make_tcp_pair(family, pair);
  test_thread *echo = thread_start(echo_all, &pair[1]);
  assert_ok(pier_set_nonblocking(pair[0], true));
  size_t sent = 0, received = 0;
  while (received < total) {
    struct pollfd one = {.fd = pair[0],
                         .events = (short)(sent < total ? POLLIN | POLLOUT : POLLIN)};
    assert_result(1, pier_poll(&one, 1, TEST_TIMEOUT_MS));
    if (sent < total && (one.revents & POLLOUT)) {
      size_t size = total - sent < sizeof out ? total - sent : sizeof out;
      fill_pattern(out, size, sent);
      pier_ssize_t result = pier_send(pair[0], out, size, 0);
      if (result != PIER_EAGAIN) {
        assert_ok(result);
        sent += (size_t)result;
      }
      if (sent == total)
        assert_ok(pier_shutdown(pair[0], SHUT_WR));
    }
    if (one.revents & POLLIN) {
      pier_ssize_t result = pier_recv(pair[0], back, sizeof back, 0);
      assert_ok(result);
      assert_true(is_pattern(back, (size_t)result, received));
      received += (size_t)result;
    }
  }
  await_readable(pair[0]);
  assert_result(0, pier_recv(pair[0], back, sizeof back, 0));
  thread_join(echo);
  close_pair(pair);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    for_family(test_bytes_arrive_and_then_the_orderly_end, in),
    for_family(test_bytes_arrive_and_then_the_orderly_end, in6),
    cmocka_unit_test(test_a_receive_that_would_block_says_so),
    cmocka_unit_test(test_a_send_that_would_block_is_partial_and_then_says_so),
    cmocka_unit_test(test_a_send_that_must_not_wait_does_not_on_a_socket_that_blocks),
    cmocka_unit_test(test_peek_leaves_the_bytes),
    cmocka_unit_test(test_waitall_waits_for_all),
    cmocka_unit_test(test_waitall_does_not_wait_where_the_socket_does_not),
    cmocka_unit_test(test_flags_of_other_systems_do_no_harm),
    cmocka_unit_test(test_out_of_band_bytes_overtake),
    cmocka_unit_test(test_no_bytes_on_a_stream_are_no_wait_and_no_end),
    cmocka_unit_test(test_sizes_are_cut_to_what_a_call_takes),
    cmocka_unit_test(test_pieces_are_sent_and_filled_in_their_order),
    cmocka_unit_test(test_as_many_pieces_as_promised_and_no_more),
    cmocka_unit_test(test_a_connection_has_no_sender_address),
    cmocka_unit_test(test_an_unconnected_stream_transfers_nothing),
    cmocka_unit_test(test_out_of_band_data_is_never_waited_for),
    cmocka_unit_test(test_the_first_send_to_a_peer_that_closed_is_taken),
    cmocka_unit_test(test_a_receive_that_runs_out_of_time_has_its_systems_code),
    cmocka_unit_test(test_a_receive_that_must_not_wait_sees_the_end_after_shutdown),
    for_family(test_a_large_transfer_comes_back_byte_for_byte, in),
    for_family(test_a_large_transfer_comes_back_byte_for_byte, in6),
  };
  return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}

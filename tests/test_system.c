/* Berkeley's types and constants, which some system's headers lack. */
#include "support.h"

/* Difference: 26-missing-constants */
static void test_berkeleys_constants_are_there_and_differ_from_each_other(void **state)
{
  (void)state;
  assert_int_not_equal(SHUT_RD, SHUT_WR);
  assert_int_not_equal(SHUT_WR, SHUT_RDWR);
  assert_int_not_equal(SHUT_RD, SHUT_RDWR);
  /* 0 is for what a system does without being asked. */
  int all = 0;
  static const int bits[] = {MSG_OOB,      MSG_PEEK, MSG_DONTROUTE, MSG_WAITALL, MSG_DONTWAIT,
                             MSG_NOSIGNAL, MSG_EOR,  MSG_TRUNC,     MSG_CTRUNC};
  for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
    assert_int_equal(all & bits[i], 0);
    all |= bits[i];
  }
  assert_int_not_equal(MSG_DONTWAIT, 0);
  assert_int_not_equal(MSG_TRUNC, 0);
  assert_int_not_equal(MSG_CTRUNC, 0);
}

/* Difference: T3-constants */
static void test_the_flags_of_name_lookup_differ_from_each_other(void **state)
{
  (void)state;
  static const int bits[] = {AI_PASSIVE,  AI_CANONNAME, AI_NUMERICHOST, AI_NUMERICSERV,
                             AI_V4MAPPED, AI_ALL,       AI_ADDRCONFIG};
  static const int name_bits[] = {NI_NUMERICHOST, NI_NUMERICSERV, NI_NAMEREQD, NI_NOFQDN, NI_DGRAM};
  int all = 0;
  for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
    assert_true(bits[i] != 0 && (all & bits[i]) == 0);
    all |= bits[i];
  }
  all = 0;
  for (size_t i = 0; i < sizeof name_bits / sizeof name_bits[0]; i++) {
    assert_true(name_bits[i] != 0 && (all & name_bits[i]) == 0);
    all |= name_bits[i];
  }
}

/* Difference: 26-missing-types */
static void test_a_piece_of_memory_and_a_socket_files_address_have_berkeleys_fields(void **state)
{
  (void)state;
  char byte = 'x';
  pier_iovec piece = {0};
  piece.iov_base = &byte;
  piece.iov_len = 1;
  assert_int_equal(sizeof piece, 2 * sizeof(void *));
  struct sockaddr_un un = {0};
  un.sun_family = AF_UNIX;
  assert_true(sizeof un.sun_path > PIER_UNIX_PATH_MAX);
  pier_ssize_t negative = -1;
  assert_true(negative < 0);
  assert_int_equal(sizeof negative, sizeof(size_t));
}

/* Difference: 26-fd-setsize */
static void test_an_fd_set_has_room_for_1024_sockets(void **state)
{
  (void)state;
  fd_set set;
  FD_ZERO(&set);
  assert_true(FD_SETSIZE >= 1024);
  assert_true(sizeof set >= 1024 / 8);
}

/* Difference: 25-family-numbers */
static void test_the_family_stands_where_each_address_has_it(void **state)
{
  (void)state;
  pier_address a;
  assert_ok(pier_address_loopback(AF_INET, 1, &a));
  assert_int_equal(a.sa.sa_family, AF_INET);
  assert_int_equal(a.in.sin_family, AF_INET);
  assert_int_equal(a.storage.ss_family, AF_INET);
  assert_ok(pier_address_loopback(AF_INET6, 1, &a));
  assert_int_equal(a.sa.sa_family, AF_INET6);
  assert_int_equal(a.in6.sin6_family, AF_INET6);
  assert_ok(pier_address_unix("/x", &a));
  assert_int_equal(a.sa.sa_family, AF_UNIX);
  assert_int_equal(a.un.sun_family, AF_UNIX);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_berkeleys_constants_are_there_and_differ_from_each_other),
    cmocka_unit_test(test_the_flags_of_name_lookup_differ_from_each_other),
    cmocka_unit_test(test_a_piece_of_memory_and_a_socket_files_address_have_berkeleys_fields),
    cmocka_unit_test(test_an_fd_set_has_room_for_1024_sockets),
    cmocka_unit_test(test_the_family_stands_where_each_address_has_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

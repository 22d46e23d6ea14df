/* Handles: what they are, and what child processes get of them. Run with an argument, this program is
   such a child. */
#include "support.h"

static const char *program;

/* What the child finds behind the number that it was given. */
enum { NOT_THERE = 10, THERE = 11 };

/* The child: is this number a socket here, and the one with this port? */
static int tell_what_arrived(const char *argument)
{
  char *end;
  pier_socket_t s = (pier_socket_t)strtoull(argument, &end, 10);
  int port = (int)strtol(end + 1, NULL, 10);
  pier_address name;
  name.len = sizeof name.storage;
  assert_ok(pier_startup());
  if (pier_getsockname(s, &name.sa, &name.len) < 0 || pier_address_port(&name) != port)
    return NOT_THERE;
  return THERE;
}

static int run_child(pier_socket_t s)
{
  char argument[64];
  pier_address name;
  name.len = sizeof name.storage;
  assert_ok(pier_getsockname(s, &name.sa, &name.len));
  snprintf(argument, sizeof argument, "%llu:%d", (unsigned long long)s, pier_address_port(&name));
  return run_again(program, argument);
}

/* The socket arrives in a child exactly when it should. */
static void check_child(pier_socket_t s, bool inherits)
{
  assert_int_equal(is_inheritable(s), inherits);
  assert_int_equal(run_child(s), inherits ? THERE : NOT_THERE);
}

static bool can_run_children(void)
{
  pier_address name;
  pier_socket_t s = make_udp(AF_INET, &name);
  int result = run_child(s);
  assert_ok(pier_close(s));
  return result != -1;
}

/* Difference: 5-created */
static void test_a_child_gets_a_new_socket_only_if_asked(void **state)
{
  (void)state;
  if (!can_run_children())
    skip_because("the emulator cannot start programs");
  static const int flags[] = {0, PIER_INHERIT};
  for (int i = 0; i < 2; i++) {
    pier_socket_t s;
    pier_address name;
    assert_ok(pier_address_loopback(AF_INET, 0, &name));
    assert_ok(pier_socket(AF_INET, SOCK_STREAM | flags[i], 0, &s));
    assert_ok(pier_bind(s, &name.sa, name.len));
    check_child(s, i == 1);
    assert_ok(pier_close(s));
  }
}

/* Difference: 5-accepted */
static void test_a_child_gets_an_accepted_socket_only_if_asked(void **state)
{
  (void)state;
  if (!can_run_children())
    skip_because("the emulator cannot start programs");
  static const int flags[] = {0, PIER_INHERIT};
  for (int i = 0; i < 2; i++) {
    pier_socket_t client, accepted;
    pier_address name;
    pier_socket_t listener = make_listener(AF_INET, &name);
    assert_ok(pier_set_inheritable(listener, i == 0)); /* its listener's wish is not its own */
    assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &client));
    assert_ok(pier_connect(client, &name.sa, name.len));
    assert_ok(pier_accept(listener, NULL, NULL, flags[i], &accepted));
    check_child(accepted, i == 1);
    assert_ok(pier_close(accepted));
    assert_ok(pier_close(client));
    assert_ok(pier_close(listener));
  }
}

/* Difference: 5-duplicated */
static void test_a_child_does_not_get_a_duplicate(void **state)
{
  (void)state;
  if (!can_run_children())
    skip_because("the emulator cannot start programs");
  pier_socket_t copy;
  pier_address name;
  pier_socket_t s = make_udp(AF_INET, &name);
  assert_ok(pier_set_inheritable(s, true));
  assert_ok(pier_dup(s, &copy)); /* of one that is inherited, too */
  check_child(s, true);
  check_child(copy, false);
  assert_ok(pier_set_inheritable(copy, true));
  check_child(copy, true);
  assert_ok(pier_close(copy));
  assert_ok(pier_close(s));
}

/* Difference: 5-set-inheritable */
static void test_a_child_gets_what_was_made_inheritable_until_it_is_taken_back(void **state)
{
  (void)state;
  if (!can_run_children())
    skip_because("the emulator cannot start programs");
  pier_address name;
  pier_socket_t s = make_udp(AF_INET, &name);
  check_child(s, false);
  assert_ok(pier_set_inheritable(s, true));
  check_child(s, true);
  assert_ok(pier_set_inheritable(s, false));
  check_child(s, false);
  assert_ok(pier_close(s));
}

/* Difference: 5-adopted */
static void test_a_child_does_not_get_what_was_adopted(void **state)
{
  (void)state;
  if (!can_run_children())
    skip_because("the emulator cannot start programs");
  pier_address name;
  assert_ok(pier_startup());
  pier_socket_t s = socket(AF_INET, SOCK_DGRAM, 0);
  assert_true(s != PIER_INVALID_SOCKET);
  assert_ok(pier_address_loopback(AF_INET, 0, &name));
  assert_ok(pier_bind(s, &name.sa, name.len));
  check_child(s, true);
  assert_ok(pier_adopt(s));
  check_child(s, false);
  assert_ok(pier_close(s));
  pier_cleanup();
}

/* Difference: 5-pair */
static void test_a_pair_is_inherited_only_if_asked(void **state)
{
  (void)state;
  static const int flags[] = {0, PIER_INHERIT};
  for (int i = 0; i < 2; i++) {
    pier_socket_t pair[2];
    assert_ok(pier_socketpair(AF_UNIX, SOCK_STREAM | flags[i], 0, pair));
    assert_int_equal(is_inheritable(pair[0]), i == 1);
    assert_int_equal(is_inheritable(pair[1]), i == 1);
    close_pair(pair);
  }
}

/* Difference: 2-native-handle */
static void test_a_handle_is_the_systems_own(void **state)
{
  (void)state;
  assert_ok(pier_startup());
  pier_socket_t s = socket(AF_INET, SOCK_STREAM, 0);
  int type = 0;
  assert_int_equal(sizeof s, sizeof socket(AF_INET, SOCK_STREAM, 0));
  assert_true(s != PIER_INVALID_SOCKET);
  assert_ok(pier_get_option(s, PIER_OPT_TYPE, &type));
  assert_int_equal(type, SOCK_STREAM);
  assert_ok(pier_close(s));
  pier_cleanup();
}

/* Difference: 2-not-truncated */
static void test_no_bit_of_a_handle_is_lost(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t s = make_udp(AF_INET, &name), out;
  pier_socket_t other = (pier_socket_t)((uint64_t)s + (UINT64_C(1) << 32));
  int value;
  if (other == s) {
    assert_ok(pier_close(s));
    skip_because("a handle has 32 bits here");
  }
  assert_bad_handle(pier_get_option(other, PIER_OPT_TYPE, &value));
  assert_bad_handle(pier_set_nonblocking(other, true));
  assert_bad_handle(pier_dup(other, &out));
  assert_bad_handle(pier_wait(other, POLLOUT, 0, NULL));
  assert_bad_handle(pier_close(other));
  assert_result(POLLOUT, pier_wait(s, POLLOUT, 0, NULL));
  assert_ok(pier_close(s));
}

/* Difference: 2-invalid */
static void test_the_invalid_handle_is_a_bad_one_everywhere(void **state)
{
  (void)state;
  pier_socket_t out = 0;
  int value;
  pier_address name;
  name.len = sizeof name.storage;
  assert_bad_handle(pier_close(PIER_INVALID_SOCKET));
  assert_bad_handle(pier_dup(PIER_INVALID_SOCKET, &out));
  assert_true(out == PIER_INVALID_SOCKET);
  assert_bad_handle(pier_getsockname(PIER_INVALID_SOCKET, &name.sa, &name.len));
  assert_bad_handle(pier_set_inheritable(PIER_INVALID_SOCKET, true));
  assert_bad_handle(pier_get_option(PIER_INVALID_SOCKET, PIER_OPT_TYPE, &value));
  pier_credentials nobody;
  assert_bad_handle(pier_peer_credentials(PIER_INVALID_SOCKET, &nobody));
}

static int use_and_close(void *argument)
{
  pier_socket_t *inherited = (pier_socket_t *)argument, own[2];
  char byte = 0;
  if (pier_close(inherited[0]) < 0 || pier_close(inherited[1]) < 0)
    return 1;
  if (pier_socketpair(AF_UNIX, SOCK_STREAM, 0, own) < 0)
    return 2;
  return pier_send(own[0], "c", 1, 0) == 1 && pier_recv(own[1], &byte, 1, 0) == 1 ? 0 : 3;
}

/* Difference: 28-fork-close */
static void test_a_fork_that_closes_its_copies_leaves_the_parents_sockets_as_they_were(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte = 0;
  assert_ok(pier_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  int result = run_in_fork(use_and_close, pair);
  if (result == -1) {
    close_pair(pair);
    skip_because("this system has no fork");
  }
  assert_int_equal(result, 0);
  assert_result(POLLOUT, pier_wait(pair[0], POLLIN | POLLOUT, 0, NULL));
  send_whole(pair[0], "p", 1);
  receive_whole(pair[1], &byte, 1);
  assert_int_equal(byte, 'p');
  close_pair(pair);
}

static int shut_down(void *argument)
{
  return pier_shutdown(*(pier_socket_t *)argument, SHUT_WR) == 0 ? 0 : 1;
}

/* Difference: 28-fork-shutdown */
static void test_a_fork_that_shuts_down_ends_the_parents_connection(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  char byte;
  assert_ok(pier_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  int result = run_in_fork(shut_down, &pair[0]);
  if (result == -1) {
    close_pair(pair);
    skip_because("this system has no fork");
  }
  assert_int_equal(result, 0);
  assert_result(0, pier_recv(pair[1], &byte, 1, 0));
  assert_result(PIER_EPIPE, pier_send(pair[0], "x", 1, 0));
  close_pair(pair);
}

int main(int argc, char **argv)
{
  program = argv[0];
  if (argc == 2)
    return tell_what_arrived(argv[1]);
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_a_child_gets_a_new_socket_only_if_asked),
    cmocka_unit_test(test_a_child_gets_an_accepted_socket_only_if_asked),
    cmocka_unit_test(test_a_child_does_not_get_a_duplicate),
    cmocka_unit_test(test_a_child_gets_what_was_made_inheritable_until_it_is_taken_back),
    cmocka_unit_test(test_a_child_does_not_get_what_was_adopted),
    cmocka_unit_test(test_a_pair_is_inherited_only_if_asked),
    cmocka_unit_test(test_a_handle_is_the_systems_own),
    cmocka_unit_test(test_no_bit_of_a_handle_is_lost),
    cmocka_unit_test(test_the_invalid_handle_is_a_bad_one_everywhere),
    cmocka_unit_test(test_a_fork_that_closes_its_copies_leaves_the_parents_sockets_as_they_were),
    cmocka_unit_test(test_a_fork_that_shuts_down_ends_the_parents_connection),
  };
  return cmocka_run_group_tests_name("handle", tests, NULL, NULL);
}

/* Starting and ending the system's socket library: optional, counted, from any thread. */
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void check_exchange(pier_socket_t pair[2])
{
  char byte = 0;
  send_whole(pair[0], "x", 1);
  receive_whole(pair[1], &byte, 1);
  assert_int_equal(byte, 'x');
}

#define RACERS 8

typedef struct racer {
  int result;
  pier_socket_t socket;
} racer;

static void make_first_socket(void *argument)
{
  racer *r = (racer *)argument;
  r->result = pier_socket(AF_INET, SOCK_DGRAM, 0, &r->socket);
}

static void race(void)
{
  racer racers[RACERS];
  test_thread *threads[RACERS];
  for (int i = 0; i < RACERS; i++)
    threads[i] = thread_start(make_first_socket, &racers[i]);
  for (int i = 0; i < RACERS; i++)
    thread_join(threads[i]);
  for (int i = 0; i < RACERS; i++) {
    int type = 0;
    assert_result(0, racers[i].result);
    assert_ok(pier_get_option(racers[i].socket, PIER_OPT_TYPE, &type));
    assert_int_equal(type, SOCK_DGRAM);
    assert_ok(pier_close(racers[i].socket));
  }
}

/* The first test of the program: its first race is one for the very first use. */
/* Difference: 1-start-race */
static void test_threads_may_race_for_the_first_socket(void **state)
{
  (void)state;
  race();
  for (int i = 0; i < 20; i++) {
    forget_startup();
    race();
  }
}

static void test_the_version_is_the_headers(void **state)
{
  (void)state;
  char text[32];
  assert_string_equal(pier_version(), PIER_VERSION);
  snprintf(text, sizeof text, "%d.%d.%d", PIER_VERSION_MAJOR, PIER_VERSION_MINOR,
           PIER_VERSION_PATCH);
  assert_string_equal(pier_version(), text);
}

static int first_socket(void)
{
  pier_socket_t s;
  int result = pier_socket(AF_INET, SOCK_STREAM, 0, &s);
  return result < 0 ? result : pier_close(s);
}

static int first_getaddrinfo(void)
{
  struct addrinfo *list;
  int result = pier_getaddrinfo("127.0.0.1", "80", NULL, &list);
  pier_freeaddrinfo(list);
  return result;
}

static int first_getnameinfo(void)
{
  char host[64];
  pier_address a;
  assert_ok(pier_address_loopback(AF_INET, 80, &a));
  return pier_getnameinfo(&a.sa, a.len, host, sizeof host, NULL, 0, NI_NUMERICHOST);
}

static int first_poll(void)
{
  return pier_poll(NULL, 0, 1);
}

static int first_poll_of_nothing(void)
{
  struct pollfd fd = {0};
  fd.fd = PIER_INVALID_SOCKET;
  fd.events = POLLIN;
  return pier_poll(&fd, 1, 1);
}

static int first_interfaces(void)
{
  pier_interface *list;
  int result = pier_interfaces(&list);
  pier_free_interfaces(list);
  return result;
}

static int first_address(void)
{
  pier_address a;
  char text[PIER_ADDRESS_TEXT_MAX];
  assert_result(0, pier_address_parse("[fe80::1%1]:80", &a));
  return pier_address_format(&a.sa, a.len, text, sizeof text) > 0 ? 0 : -1;
}

static int first_select(void)
{
  return pier_select(0, NULL, NULL, NULL, 1);
}

/* Difference: 1-lazy-start */
static void test_each_function_that_can_be_the_first_starts_by_itself(void **state)
{
  (void)state;
  static int (*const firsts[])(void) = {first_socket,     first_getaddrinfo,     first_getnameinfo,
                                        first_poll,       first_poll_of_nothing, first_select,
                                        first_interfaces, first_address};
  for (size_t i = 0; i < COUNT(firsts); i++) {
    forget_startup();
    assert_result(0, firsts[i]());
  }
}

/* Difference: 1-stale-handle */
static void test_a_poll_of_a_stale_handle_is_answered_before_any_start(void **state)
{
  (void)state;
  struct pollfd fd = {0};
  fd.fd = make_closed_socket();
  fd.events = POLLIN;
  forget_startup();
  assert_result(1, pier_poll(&fd, 1, TEST_TIMEOUT_MS));
  assert_int_equal(fd.revents, POLLNVAL);
}

static void test_sockets_work_without_any_startup(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  forget_startup();
  make_tcp_pair(AF_INET, pair);
  check_exchange(pair);
  close_pair(pair);
}

/* Difference: 1-surplus-cleanup */
static void test_surplus_cleanups_leave_sockets_usable(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  forget_startup();
  make_tcp_pair(AF_INET, pair);
  for (int i = 0; i < 10; i++)
    pier_cleanup();
  check_exchange(pair);
  close_pair(pair);
}

/* Difference: 1-counted */
static void test_starts_are_counted(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  forget_startup();
  for (int i = 0; i < 3; i++)
    assert_result(0, pier_startup());
  make_tcp_pair(AF_INET, pair);
  pier_cleanup();
  pier_cleanup();
  check_exchange(pair); /* one start is left */
  close_pair(pair);
  pier_cleanup();
}

static void test_a_pair_of_startup_and_cleanup_leaves_a_start_that_pier_made(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  forget_startup();
  make_tcp_pair(AF_INET, pair);
  assert_result(0, pier_startup());
  pier_cleanup();
  check_exchange(pair);
  close_pair(pair);
}

/* Difference: 1-restart */
static void test_everything_starts_again_after_the_last_cleanup(void **state)
{
  (void)state;
  for (int i = 0; i < 5; i++) {
    pier_socket_t pair[2];
    forget_startup();
    assert_result(0, pier_startup());
    make_tcp_pair(AF_INET, pair);
    close_pair(pair);
    pier_cleanup();
    make_tcp_pair(AF_INET, pair);
    check_exchange(pair);
    close_pair(pair);
  }
}

static void start_and_clean_up(void *argument)
{
  int *failures = (int *)argument;
  for (int i = 0; i < 200; i++) {
    *failures += pier_startup() != 0;
    pier_cleanup();
    pier_cleanup(); /* one too many, which may take another thread's */
    *failures += pier_startup() != 0;
  }
}

static void test_threads_may_start_and_clean_up_at_once(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  int failures[RACERS] = {0};
  test_thread *threads[RACERS];
  forget_startup();
  make_tcp_pair(AF_INET, pair);
  for (int i = 0; i < RACERS; i++)
    threads[i] = thread_start(start_and_clean_up, &failures[i]);
  for (int i = 0; i < RACERS; i++)
    thread_join(threads[i]);
  for (int i = 0; i < RACERS; i++)
    assert_int_equal(failures[i], 0);
  check_exchange(pair);
  close_pair(pair);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_threads_may_race_for_the_first_socket),
    cmocka_unit_test(test_the_version_is_the_headers),
    cmocka_unit_test(test_each_function_that_can_be_the_first_starts_by_itself),
    cmocka_unit_test(test_a_poll_of_a_stale_handle_is_answered_before_any_start),
    cmocka_unit_test(test_sockets_work_without_any_startup),
    cmocka_unit_test(test_surplus_cleanups_leave_sockets_usable),
    cmocka_unit_test(test_starts_are_counted),
    cmocka_unit_test(test_a_pair_of_startup_and_cleanup_leaves_a_start_that_pier_made),
    cmocka_unit_test(test_everything_starts_again_after_the_last_cleanup),
    cmocka_unit_test(test_threads_may_start_and_clean_up_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* AF_UNIX stream sockets. */
#include "support.h"

#define PATH_SIZE 256

static bool is_missing(void)
{
  if (has_unix())
    return false;
  print_message("skipped, this system has no AF_UNIX\n");
  return true;
}

/* A listener at a fresh path; remove_socket_path takes the path away. */
static pier_socket_t make_unix_listener(char *path, pier_address *name)
{
  pier_socket_t s;
  make_socket_path(path, PATH_SIZE);
  assert_ok(pier_address_unix(path, name));
  assert_ok(pier_socket(AF_UNIX, SOCK_STREAM, 0, &s));
  assert_ok(pier_bind(s, &name->sa, name->len));
  assert_ok(pier_listen(s, 0));
  return s;
}

static int connect_new(const pier_address *name, pier_socket_t *out)
{
  assert_ok(pier_socket(AF_UNIX, SOCK_STREAM, 0, out));
  return pier_connect(*out, &name->sa, name->len);
}

static int connect_and_close(const pier_address *name)
{
  pier_socket_t s;
  int result = connect_new(name, &s);
  assert_ok(pier_close(s));
  return result;
}

/* Difference: 17-missing */
static void test_without_af_unix_the_family_is_told_as_not_supported(void **state)
{
  (void)state;
  pier_socket_t s;
  if (has_unix())
    skip_because("this system has AF_UNIX");
  assert_result(PIER_EAFNOSUPPORT, pier_socket(AF_UNIX, SOCK_STREAM, 0, &s));
  assert_true(s == PIER_INVALID_SOCKET);
}

/* Difference: 17-stream */
static void test_a_stream_connects_exchanges_and_ends(void **state)
{
  (void)state;
  if (is_missing())
    skip();
  char path[PATH_SIZE], text[8];
  pier_address name;
  pier_socket_t listener = make_unix_listener(path, &name), client, server;
  assert_ok(connect_new(&name, &client));
  assert_ok(pier_accept(listener, NULL, NULL, 0, &server));
  send_whole(client, "hello", 5);
  receive_whole(server, text, 5);
  assert_memory_equal(text, "hello", 5);
  send_whole(server, "world", 5);
  assert_ok(pier_shutdown(server, SHUT_WR));
  assert_int_equal(receive_until_end(client, text, sizeof text), 5);
  assert_memory_equal(text, "world", 5);
  assert_ok(pier_close(client));
  assert_ok(pier_close(server));
  assert_ok(pier_close(listener));
  remove_socket_path(path);
}

static void test_a_megabyte_arrives_whole(void **state)
{
  (void)state;
  enum { SIZE = 1 << 20, PIECE = 4096 };
  if (is_missing())
    skip();
  char path[PATH_SIZE], piece[PIECE];
  pier_address name;
  pier_socket_t listener = make_unix_listener(path, &name), client, server;
  assert_ok(connect_new(&name, &client));
  assert_ok(pier_accept(listener, NULL, NULL, 0, &server));
  for (uint64_t at = 0; at < SIZE; at += PIECE) {
    fill_pattern(piece, PIECE, at);
    send_whole(client, piece, PIECE);
    memset(piece, 0, PIECE);
    receive_whole(server, piece, PIECE);
    assert_true(is_pattern(piece, PIECE, at));
  }
  assert_ok(pier_close(client));
  assert_ok(pier_close(server));
  assert_ok(pier_close(listener));
  remove_socket_path(path);
}

static void check_name(int (*get)(pier_socket_t, struct sockaddr *, socklen_t *), pier_socket_t s,
                       const pier_address *expected)
{
  pier_address a;
  memset(&a, 0xff, sizeof a);
  a.len = sizeof a.storage;
  assert_ok(get(s, &a.sa, &a.len));
  assert_true(pier_address_equal(&a, expected));
}

/* Difference: 17-unnamed */
static void test_names_are_the_path_and_unnamed(void **state)
{
  (void)state;
  if (is_missing())
    skip();
  char path[PATH_SIZE];
  pier_address name, peer, unnamed;
  memset(&unnamed, 0, sizeof unnamed);
  unnamed.sa.sa_family = AF_UNIX;
  unnamed.len = offsetof(struct sockaddr_un, sun_path);
  pier_socket_t listener = make_unix_listener(path, &name), client, server;
  assert_ok(connect_new(&name, &client));
  peer.len = sizeof peer.storage;
  assert_ok(pier_accept(listener, &peer.sa, &peer.len, 0, &server));
  assert_true(pier_address_equal(&peer, &unnamed));
  check_name(pier_getsockname, listener, &name);
  check_name(pier_getsockname, server, &name);
  check_name(pier_getpeername, client, &name);
  check_name(pier_getsockname, client, &unnamed);
  check_name(pier_getpeername, server, &unnamed);
  assert_ok(pier_close(client));
  assert_ok(pier_close(server));
  assert_ok(pier_close(listener));
  remove_socket_path(path);
}

/* Difference: 17-unbound-name */
static void test_an_unbound_socket_has_the_family_alone_for_a_name(void **state)
{
  (void)state;
  if (is_missing())
    skip();
  pier_socket_t s;
  pier_address a;
  char text[PIER_ADDRESS_TEXT_MAX];
  assert_ok(pier_socket(AF_UNIX, SOCK_STREAM, 0, &s));
  a.len = sizeof a.storage;
  assert_ok(pier_getsockname(s, &a.sa, &a.len));
  assert_int_equal(a.sa.sa_family, AF_UNIX);
  assert_ok(pier_address_format(&a.sa, a.len, text, sizeof text));
  assert_string_equal(text, "unix:");
  assert_ok(pier_close(s));
}

/* Difference: 17-stale-path */
static void test_the_file_outlives_its_server_and_then_refuses(void **state)
{
  (void)state;
  if (is_missing())
    skip();
  char path[PATH_SIZE];
  pier_address name;
  pier_socket_t listener = make_unix_listener(path, &name);
  assert_ok(pier_close(listener));
  assert_result(PIER_ECONNREFUSED, connect_and_close(&name));
  remove_socket_path(path);
}

/* Difference: 17-missing-path */
static void test_a_path_without_a_file_cannot_be_connected_to(void **state)
{
  (void)state;
  if (is_missing())
    skip();
  char path[PATH_SIZE];
  pier_address name;
  pier_socket_t listener = make_unix_listener(path, &name);
  remove_socket_path(path); /* while the server runs */
  assert_result(PIER_ENOENT, connect_and_close(&name));
  assert_ok(pier_close(listener));
}

/* Difference: 17-path-in-use */
static void test_a_path_that_exists_is_in_use(void **state)
{
  (void)state;
  if (is_missing())
    skip();
  char path[PATH_SIZE];
  pier_address name;
  pier_socket_t s, listener = make_unix_listener(path, &name);
  assert_ok(pier_socket(AF_UNIX, SOCK_STREAM, 0, &s));
  assert_ok(pier_set_option(s, PIER_OPT_BIND, PIER_BIND_EXCLUSIVE));
  assert_result(PIER_EADDRINUSE, pier_bind(s, &name.sa, name.len));
  assert_ok(pier_close(listener)); /* and after its server has gone, too */
  assert_result(PIER_EADDRINUSE, pier_bind(s, &name.sa, name.len));
  assert_ok(pier_close(s));
  remove_socket_path(path);
}

/* Difference: 17-removed-by-close */
static void test_a_removed_path_can_be_bound_again(void **state)
{
  (void)state;
  if (is_missing())
    skip();
  char path[PATH_SIZE];
  pier_address name;
  for (int i = 0; i < 3; i++) {
    assert_ok(pier_close(make_unix_listener(path, &name)));
    remove_socket_path(path);
  }
}

/* Difference: 17-long-path */
static void test_a_path_of_103_bytes_works(void **state)
{
  (void)state;
  if (is_missing())
    skip();
  char path[PATH_SIZE];
  pier_address name;
  pier_socket_t listener, client;
  make_socket_path(path, sizeof path);
  for (size_t length = strlen(path); length < PIER_UNIX_PATH_MAX; length++) {
    path[length] = 'x';
    path[length + 1] = '\0';
  }
  assert_int_equal(strlen(path), 103);
  assert_ok(pier_address_unix(path, &name));
  assert_ok(pier_socket(AF_UNIX, SOCK_STREAM, 0, &listener));
  assert_ok(pier_bind(listener, &name.sa, name.len));
  assert_ok(pier_listen(listener, 0));
  assert_ok(connect_new(&name, &client));
  check_name(pier_getsockname, listener, &name);
  check_name(pier_getpeername, client, &name);
  assert_ok(pier_close(client));
  assert_ok(pier_close(listener));
  remove_socket_path(path);
}

/* Difference: 17-too-long-path */
static void test_a_longer_path_is_no_address(void **state)
{
  (void)state;
  char path[PATH_SIZE];
  pier_address name;
  memset(path, 'x', sizeof path);
  path[PIER_UNIX_PATH_MAX + 1] = '\0';
  assert_result(PIER_ENAMETOOLONG, pier_address_unix(path, &name));
  path[PIER_UNIX_PATH_MAX] = '\0';
  assert_ok(pier_address_unix(path, &name));
}

/* Difference: 17-missing-folder */
static void test_a_path_in_a_missing_folder_is_refused(void **state)
{
  (void)state;
  if (is_missing())
    skip();
  pier_address name;
  pier_socket_t s;
  assert_ok(pier_address_unix("/no/such/folder/anywhere/x.sock", &name));
  assert_ok(pier_socket(AF_UNIX, SOCK_STREAM, 0, &s));
  assert_result(PIER_ENOENT, pier_bind(s, &name.sa, name.len));
  assert_result(PIER_ENOENT, pier_connect(s, &name.sa, name.len));
  assert_ok(pier_close(s));
}

static void test_a_name_is_cut_where_it_does_not_fit(void **state)
{
  (void)state;
  if (is_missing())
    skip();
  char path[PATH_SIZE];
  pier_address name, a;
  pier_socket_t listener = make_unix_listener(path, &name);
  socklen_t room = offsetof(struct sockaddr_un, sun_path) + 3;
  memset(&a, 0x55, sizeof a);
  a.len = room;
  assert_ok(pier_getsockname(listener, &a.sa, &a.len));
  assert_true(a.len > room);
  assert_memory_equal(a.un.sun_path, path, 3);
  assert_int_equal(a.un.sun_path[3], 0x55);
  assert_ok(pier_close(listener));
  remove_socket_path(path);
}

static void test_a_listener_with_nobody_waiting_would_block(void **state)
{
  (void)state;
  if (is_missing())
    skip();
  char path[PATH_SIZE];
  pier_address name;
  pier_socket_t client, server, listener = make_unix_listener(path, &name);
  assert_ok(pier_set_nonblocking(listener, true));
  assert_result(PIER_EAGAIN, pier_accept(listener, NULL, NULL, 0, &server));
  assert_true(server == PIER_INVALID_SOCKET);
  assert_ok(connect_new(&name, &client));
  await_readable(listener);
  assert_ok(pier_accept(listener, NULL, NULL, 0, &server));
  assert_ok(pier_close(client));
  assert_ok(pier_close(server));
  assert_ok(pier_close(listener));
  remove_socket_path(path);
}

static void test_sending_to_a_peer_that_has_gone_is_an_error_and_no_signal(void **state)
{
  (void)state;
  if (is_missing())
    skip();
  char path[PATH_SIZE];
  pier_address name;
  pier_socket_t client, server, listener = make_unix_listener(path, &name);
  assert_ok(connect_new(&name, &client));
  assert_ok(pier_accept(listener, NULL, NULL, 0, &server));
  assert_ok(pier_close(server));
  assert_true(sigpipe_is_default());
  pier_ssize_t result = 0;
  int64_t end = now_ms() + TEST_TIMEOUT_MS;
  while (result >= 0 && now_ms() < end)
    result = pier_send(client, "x", 1, 0);
  assert_either(PIER_EPIPE, PIER_ECONNRESET, result);
  assert_ok(pier_close(client));
  assert_ok(pier_close(listener));
  remove_socket_path(path);
}

/* Difference: 17-path-of-a-file */
static void test_a_path_where_an_ordinary_file_is_is_in_use_and_refuses(void **state)
{
  (void)state;
  if (is_missing())
    skip();
  char path[PATH_SIZE];
  pier_address name;
  pier_socket_t s;
  make_socket_path(path, sizeof path);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_int_equal(fclose(file), 0);
  assert_ok(pier_address_unix(path, &name));
  assert_ok(pier_socket(AF_UNIX, SOCK_STREAM, 0, &s));
  assert_result(PIER_EADDRINUSE, pier_bind(s, &name.sa, name.len));
  assert_ok(pier_close(s));
  assert_result(PIER_ECONNREFUSED, connect_and_close(&name));
  remove_socket_path(path);
}

/* Difference: 17-path-for-a-network-socket */
static void test_a_socket_of_the_network_takes_no_path(void **state)
{
  (void)state;
  pier_address name;
  pier_socket_t s;
  assert_ok(pier_address_unix("/no/such/folder/anywhere/x.sock", &name));
  assert_ok(pier_socket(AF_INET, SOCK_STREAM, 0, &s));
  assert_result(PIER_EAFNOSUPPORT, pier_bind(s, &name.sa, name.len));
  assert_result(PIER_EAFNOSUPPORT, pier_connect(s, &name.sa, name.len));
  assert_ok(pier_close(s));
}

/* Difference: 17-options */
static void test_options_of_the_network_are_not_supported_and_exclusive_holds_anyway(void **state)
{
  (void)state;
  if (is_missing())
    skip();
  pier_socket_t s;
  int value;
  assert_ok(pier_socket(AF_UNIX, SOCK_STREAM, 0, &s));
  assert_ok(pier_set_option(s, PIER_OPT_BIND, PIER_BIND_EXCLUSIVE));
  assert_result(PIER_ENOTSUP, pier_set_option(s, PIER_OPT_BIND, PIER_BIND_SHARED));
  assert_result(PIER_ENOTSUP, pier_set_option(s, PIER_OPT_BIND, PIER_BIND_BALANCED));
  assert_result(PIER_ENOTSUP, pier_set_option(s, PIER_OPT_NODELAY, 1));
  assert_result(PIER_ENOTSUP, pier_get_option(s, PIER_OPT_NODELAY, &value));
  assert_result(PIER_ENOTSUP, pier_set_option(s, PIER_OPT_V6ONLY, 1));
  assert_result(PIER_ENOTSUP, pier_set_option(s, PIER_OPT_MULTICAST_TTL, 1));
  assert_ok(pier_get_option(s, PIER_OPT_FAMILY, &value));
  assert_int_equal(value, AF_UNIX);
  assert_ok(pier_close(s));
}

static void check_is_this_process(pier_socket_t s)
{
  pier_credentials own = own_credentials(), peer = {0, 0, 0};
  assert_ok(pier_peer_credentials(s, &peer));
  if (peer.pid != -1) /* FreeBSD does not tell it */
    assert_int_equal(peer.pid, own.pid);
  assert_int_equal(peer.uid, own.uid);
  assert_int_equal(peer.gid, own.gid);
}

/* Difference: 17-credentials */
static void test_both_ends_know_whose_process_the_other_is(void **state)
{
  (void)state;
  if (is_missing())
    skip();
  char path[PATH_SIZE];
  pier_address name;
  pier_socket_t listener = make_unix_listener(path, &name), client, server;
  assert_ok(connect_new(&name, &client));
  assert_ok(pier_accept(listener, NULL, NULL, 0, &server));
  check_is_this_process(client);
  check_is_this_process(server);
  pier_credentials nobody = {0, 0, 0};
  assert_result(PIER_ENOTCONN, pier_peer_credentials(listener, &nobody));
  assert_true(nobody.pid == -1 && nobody.uid == -1 && nobody.gid == -1);
  assert_ok(pier_close(client));
  assert_ok(pier_close(server));
  assert_ok(pier_close(listener));
  remove_socket_path(path);
}

/* Difference: 17-credentials-of-others */
static void test_credentials_are_those_of_a_connected_unix_stream_alone(void **state)
{
  (void)state;
  pier_socket_t pair[2], s;
  pier_credentials nobody = {0, 0, 0};
  make_tcp_pair(AF_INET, pair);
  assert_result(PIER_ENOTSUP, pier_peer_credentials(pair[0], &nobody));
  assert_true(nobody.pid == -1 && nobody.uid == -1 && nobody.gid == -1);
  assert_result(PIER_EINVAL, pier_peer_credentials(pair[0], NULL));
  close_pair(pair);
  assert_bad_handle(pier_peer_credentials(make_closed_socket(), &nobody));
  if (!has_unix())
    return;
  assert_ok(pier_socket(AF_UNIX, SOCK_STREAM, 0, &s));
  assert_result(PIER_ENOTCONN, pier_peer_credentials(s, &nobody));
  assert_ok(pier_close(s));
}

/* Difference: 17-pair-credentials */
static void test_a_pair_knows_its_maker_where_it_is_a_unix_pair(void **state)
{
  (void)state;
  pier_socket_t pair[2];
  pier_credentials nobody;
  int family = 0;
  assert_ok(pier_socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  assert_ok(pier_get_option(pair[0], PIER_OPT_FAMILY, &family));
  if (family == AF_UNIX)
    check_is_this_process(pair[0]);
  else
    assert_result(PIER_ENOTSUP, pier_peer_credentials(pair[0], &nobody));
  close_pair(pair);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_without_af_unix_the_family_is_told_as_not_supported),
    cmocka_unit_test(test_a_stream_connects_exchanges_and_ends),
    cmocka_unit_test(test_a_megabyte_arrives_whole),
    cmocka_unit_test(test_names_are_the_path_and_unnamed),
    cmocka_unit_test(test_an_unbound_socket_has_the_family_alone_for_a_name),
    cmocka_unit_test(test_the_file_outlives_its_server_and_then_refuses),
    cmocka_unit_test(test_a_path_without_a_file_cannot_be_connected_to),
    cmocka_unit_test(test_a_path_that_exists_is_in_use),
    cmocka_unit_test(test_a_removed_path_can_be_bound_again),
    cmocka_unit_test(test_a_path_of_103_bytes_works),
    cmocka_unit_test(test_a_longer_path_is_no_address),
    cmocka_unit_test(test_a_path_in_a_missing_folder_is_refused),
    cmocka_unit_test(test_a_path_where_an_ordinary_file_is_is_in_use_and_refuses),
    cmocka_unit_test(test_a_socket_of_the_network_takes_no_path),
    cmocka_unit_test(test_options_of_the_network_are_not_supported_and_exclusive_holds_anyway),
    cmocka_unit_test(test_both_ends_know_whose_process_the_other_is),
    cmocka_unit_test(test_credentials_are_those_of_a_connected_unix_stream_alone),
    cmocka_unit_test(test_a_pair_knows_its_maker_where_it_is_a_unix_pair),
    cmocka_unit_test(test_a_name_is_cut_where_it_does_not_fit),
    cmocka_unit_test(test_a_listener_with_nobody_waiting_would_block),
    cmocka_unit_test(test_sending_to_a_peer_that_has_gone_is_an_error_and_no_signal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

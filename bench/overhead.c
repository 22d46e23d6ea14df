/* Makes the calls that bench/overhead counts: COUNT times the call CASE, by pier or raw, on a
   connected pair of datagram sockets, so that each receive finds exactly one message. */
#include <pier/pier.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 64

/* What is not counted stands outside of the loops of main: the count of N calls is taken from that
   of 2 N. A send and a receive alternate, and the case says which of the two is pier's. */
static void transfer(pier_socket_t pair[2], long count, bool pier_sends, bool pier_receives)
{
  char data[SIZE] = {0};
  for (long i = 0; i < count; i++) {
    pier_ssize_t sent =
      pier_sends ? pier_send(pair[0], data, SIZE, 0) : send(pair[0], data, SIZE, MSG_NOSIGNAL);
    pier_ssize_t received =
      pier_receives ? pier_recv(pair[1], data, SIZE, 0) : recv(pair[1], data, SIZE, 0);
    if (sent != SIZE || received != SIZE)
      exit(1);
  }
}

/* Receives that find nothing. */
static void find_nothing(pier_socket_t s, long count, bool by_pier)
{
  char data[SIZE];
  for (long i = 0; i < count; i++)
    if ((by_pier ? pier_recv(s, data, SIZE, 0) : recv(s, data, SIZE, 0)) >= 0)
      exit(1);
}

static void open_pair(pier_socket_t pair[2])
{
  pier_address names[2];
  for (int i = 0; i < 2; i++) {
    names[i].len = sizeof names[i].storage;
    pier_address any;
    if (pier_address_loopback(AF_INET, 0, &any) < 0 ||
        pier_socket(AF_INET, SOCK_DGRAM | PIER_NONBLOCK, 0, &pair[i]) < 0 ||
        pier_bind(pair[i], &any.sa, any.len) < 0 ||
        pier_getsockname(pair[i], &names[i].sa, &names[i].len) < 0)
      exit(1);
  }
  if (pier_connect(pair[0], &names[1].sa, names[1].len) < 0 ||
      pier_connect(pair[1], &names[0].sa, names[0].len) < 0)
    exit(1);
}

int main(int argc, char **argv)
{
  if (argc != 3) {
    fprintf(stderr, "usage: overhead raw|send|recv|raw-empty|empty COUNT\n");
    return 2;
  }
  pier_socket_t pair[2];
  open_pair(pair);
  const char *what = argv[1];
  long count = atol(argv[2]);
  if (strcmp(what, "raw-empty") == 0 || strcmp(what, "empty") == 0)
    find_nothing(pair[0], count, strcmp(what, "empty") == 0);
  else
    transfer(pair, count, strcmp(what, "send") == 0, strcmp(what, "recv") == 0);
  pier_close(pair[0]);
  pier_close(pair[1]);
  return 0;
}

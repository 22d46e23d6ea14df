/* http_get: fetches a resource over HTTP and writes it to standard output, byte for byte. Succeeds
   if the server said that it did, and the body is as long as it said. The request is HTTP/1.0, so
   that the body ends where the stream ends; what a URL may contain is not checked. */
#include <pier/pier.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "stream.h"

static int usage(FILE *to, int exit_code)
{
  fprintf(to, "usage: http_get [http://]HOST[:PORT][/PATH]\n");
  return exit_code;
}

static int fail(const char *what, int error)
{
  fprintf(stderr, "http_get: %s: %s\n", what, pier_strerror(error));
  return 1;
}

/* Splits HOST, HOST:PORT, [IPV6] or [IPV6]:PORT in place. */
static bool split(char *authority, const char **host, const char **port)
{
  bool bracket = *authority == '[';
  char *end = authority + strcspn(authority, bracket ? "]" : ":");
  char *colon = bracket && *end == ']' ? end + 1 : end;
  if ((bracket && *end != ']') || (*colon != ':' && *colon != '\0')) return false;
  *host = bracket ? authority + 1 : authority;
  *port = *colon == ':' ? colon + 1 : "80";
  *end = '\0';
  return **host != '\0' && **port != '\0';
}

/* Writes the part of the body that came with the head, and the rest of the stream. */
static int copy_body(pier_socket_t s, const char *data, unsigned long long size, const char *length)
{
  static char buffer[65536];
  pier_ssize_t count;
  int result = console_write_all(data, (size_t)size);
  while (result == 0 && (count = pier_recv(s, buffer, sizeof buffer, 0)) != 0) {
    if (count < 0) return (int)count;
    size += (unsigned long long)count;
    result = console_write_all(buffer, (size_t)count);
  }
  bool wrong = length != NULL && size != strtoull(length, NULL, 10);
  return result == 0 && wrong ? PIER_EOF : result;
}

/* Reads the head of the answer, then copies the body. Returns the status, or an error code. */
static int receive(pier_socket_t s)
{
  static char head[65536];
  char *body = NULL;
  size_t size = 0;
  int status;
  while (body == NULL) {
    pier_ssize_t count = pier_recv(s, head + size, sizeof head - 1 - size, 0);
    if (count <= 0) return count < 0 ? (int)count : PIER_EOF;
    size += (size_t)count;
    body = strstr(head, "\r\n\r\n");
  }
  *body = '\0';
  if (sscanf(head, "HTTP/%*d.%*d %d", &status) != 1 || status < 100) return PIER_EPROTO;
  for (char *c = head; *c != '\0'; c++)
    *c = (char)tolower((unsigned char)*c);
  char *length = strstr(head, "\r\ncontent-length:");
  if (length != NULL) length += strlen("\r\ncontent-length:");
  int result = copy_body(s, body + 4, size - (size_t)(body + 4 - head), length);
  return result < 0 ? result : status;
}

int main(int argc, char **argv)
{
  char authority[2048], request[2 * sizeof authority + 64];
  const char *host, *port;
  pier_socket_t s;
  if (argc == 2 && strcmp(argv[1], "--help") == 0) return usage(stdout, 0);
  if (argc != 2 || strlen(argv[1]) >= sizeof authority) return usage(stderr, 2);
  const char *url = strncmp(argv[1], "http://", 7) == 0 ? argv[1] + 7 : argv[1];
  const char *path = url + strcspn(url, "/");
  snprintf(authority, sizeof authority, "%.*s", (int)(path - url), url);
  snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n",
           *path == '/' ? path : "/", authority);
  if (!split(authority, &host, &port)) return usage(stderr, 2);
  int result = connect_to_host(host, port, &s);
  if (result < 0) return fail(argv[1], result);
  result = send_all(s, request, strlen(request));
  if (result == 0) result = receive(s);
  pier_close(s);
  if (result < 0) return fail(argv[1], result);
  if (result >= 200 && result <= 299) return 0;
  fprintf(stderr, "http_get: %s: status %d\n", argv[1], result);
  return 1;
}

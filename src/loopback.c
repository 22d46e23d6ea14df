#include "loopback.h"

#define TOKEN_SIZE 16

typedef struct token {
  unsigned char bytes[TOKEN_SIZE];
} token;

/* Whose time does not tell how many bytes were right. */
static bool is_same_token(const token *a, const token *b)
{
  volatile unsigned char difference = 0;
  for (size_t i = 0; i < TOKEN_SIZE; i++)
    difference = (unsigned char)(difference | (a->bytes[i] ^ b->bytes[i]));
  return difference == 0;
}

static int64_t deadline_in(int timeout_ms)
{
  return pier_os_now_ns() + (int64_t)timeout_ms * PIER_NS_PER_MS;
}

static void close_if_open(pier_socket_t *s)
{
  if (*s != PIER_INVALID_SOCKET)
    pier_close(*s);
  *s = PIER_INVALID_SOCKET;
}

static void close_both(pier_socket_t pair[2])
{
  close_if_open(&pair[0]);
  close_if_open(&pair[1]);
}

/* A non-blocking socket on a port of loopback that is nobody else's, and its name. */
static int bind_new(int family, int type, pier_socket_t *out, pier_address *name)
{
  int result = pier_socket(family, type | PIER_NONBLOCK, 0, out);
  if (result == 0)
    result = pier_set_option(*out, PIER_OPT_BIND, PIER_BIND_EXCLUSIVE);
  if (result == 0)
    result = pier_address_loopback(family, 0, name);
  if (result == 0)
    result = pier_bind(*out, &name->sa, name->len);
  if (result < 0)
    return result;
  name->len = sizeof name->storage;
  return pier_getsockname(*out, &name->sa, &name->len);
}

/* ---- streams ---- */

/* As many strangers are heard at the same time. One more, and the longest waiting has to go. */
#define CANDIDATES 32

/* As many times the connector begins anew, where strangers filled the listener's queue or kept it
   waiting until it had to go. */
#define ATTEMPTS 100

/* Somebody who has connected, and has shown that much of a token. */
typedef struct candidate {
  pier_socket_t socket;
  size_t heard;
  token token;
} candidate;

typedef struct meeting {
  pier_socket_t listener;
  const pier_address *name;
  pier_socket_t connector;
  token token;   /* this connector's own: one that has gone must not be believed */
  bool has_sent; /* the connector has connected, and sent its token */
  int attempts;
  size_t next; /* the place of the next candidate, where the longest waiting is */
  candidate candidates[CANDIDATES];
} meeting;

int pier_loopback_listen(int family, pier_socket_t *listener, pier_address *name)
{
  *listener = PIER_INVALID_SOCKET;
  int result = bind_new(family, SOCK_STREAM, listener, name);
  if (result == 0)
    result = pier_listen(*listener, 0);
  if (result < 0)
    close_if_open(listener);
  return result;
}

static int begin_connect(meeting *m)
{
  close_if_open(&m->connector);
  m->has_sent = false;
  int result = pier_os_random(&m->token, sizeof m->token);
  if (result == 0)
    result = pier_socket(m->name->sa.sa_family, SOCK_STREAM | PIER_NONBLOCK, 0, &m->connector);
  if (result == 0)
    result = pier_connect(m->connector, &m->name->sa, m->name->len);
  return result == PIER_EINPROGRESS ? 0 : result;
}

/* The connector is connected, or could not be, or was thrown out after it had sent its token. */
static int go_on_connecting(meeting *m)
{
  int error = 0;
  int result = pier_get_option(m->connector, PIER_OPT_ERROR, &error);
  if (result < 0)
    return result;
  if (error == 0 && !m->has_sent &&
      pier_send(m->connector, &m->token, sizeof m->token, 0) == sizeof m->token) {
    m->has_sent = true;
    return 0;
  }
  if (++m->attempts == ATTEMPTS)
    return error < 0 ? error : PIER_ECONNABORTED;
  return begin_connect(m);
}

/* Returns 1 if this candidate is the connector, 0 if it is not, or has not said it all yet. */
static int hear(const meeting *m, candidate *c)
{
  pier_ssize_t size = pier_recv(c->socket, c->token.bytes + c->heard, TOKEN_SIZE - c->heard, 0);
  if (size == PIER_EAGAIN)
    return 0;
  if (size > 0)
    c->heard += (size_t)size;
  if (size > 0 && c->heard < TOKEN_SIZE)
    return 0;
  if (c->heard == TOKEN_SIZE && m->has_sent && is_same_token(&c->token, &m->token))
    return 1;
  close_if_open(&c->socket);
  return 0;
}

/* Takes one connection of the queue, so that those who have come are heard before the next. */
static int admit(meeting *m)
{
  pier_socket_t s;
  int result = pier_accept(m->listener, NULL, NULL, PIER_NONBLOCK, &s);
  if (result < 0)
    return result == PIER_EAGAIN ? 0 : result;
  candidate *c = &m->candidates[m->next];
  m->next = (m->next + 1) % CANDIDATES;
  close_if_open(&c->socket);
  c->socket = s;
  c->heard = 0;
  return 0;
}

/* Waits for one event, and does what follows. Returns 1 when the accepted end is found. */
static int advance(meeting *m, int timeout_ms, pier_socket_t *accepted)
{
  struct pollfd fds[CANDIDATES + 2];
  for (size_t i = 0; i < CANDIDATES; i++) {
    fds[i].fd = m->candidates[i].socket;
    fds[i].events = POLLIN;
  }
  struct pollfd *connector = &fds[CANDIDATES], *listener = &fds[CANDIDATES + 1];
  connector->fd = m->connector;
  connector->events = m->has_sent ? POLLIN : POLLOUT; /* nobody has anything to say to it yet */
  listener->fd = m->listener;
  listener->events = POLLIN;
  int result = pier_poll(fds, CANDIDATES + 2, timeout_ms);
  if (result < 0)
    return result;
  for (size_t i = 0; i < CANDIDATES; i++) {
    if (fds[i].revents && hear(m, &m->candidates[i])) {
      *accepted = m->candidates[i].socket;
      m->candidates[i].socket = PIER_INVALID_SOCKET;
      return 1;
    }
  }
  result = connector->revents ? go_on_connecting(m) : 0;
  if (result == 0 && listener->revents)
    result = admit(m);
  return result;
}

static int meet(meeting *m, int64_t deadline, pier_socket_t *accepted)
{
  int result = begin_connect(m);
  while (result == 0) {
    int left_ms = pier_ms_until(deadline);
    result = left_ms > 0 ? advance(m, left_ms, accepted) : PIER_ETIMEDOUT;
  }
  return result < 0 ? result : 0;
}

/* The other direction: the connector, too, must have reached nobody else. */
static int answer(pier_socket_t accepted, pier_socket_t connector, int64_t deadline)
{
  token sent, heard;
  int result = pier_os_random(&sent, sizeof sent);
  if (result < 0)
    return result;
  pier_ssize_t size = pier_send(accepted, &sent, sizeof sent, 0);
  if (size != sizeof sent)
    return size < 0 ? (int)size : PIER_ECONNABORTED;
  for (size_t done = 0; done < TOKEN_SIZE; done += (size_t)size) {
    result = pier_wait(connector, POLLIN, pier_ms_until(deadline), NULL);
    if (result < 0)
      return result;
    size = pier_recv(connector, heard.bytes + done, TOKEN_SIZE - done, 0);
    if (size == PIER_EAGAIN)
      size = 0;
    else if (size <= 0)
      return size < 0 ? (int)size : PIER_ECONNABORTED;
  }
  return is_same_token(&sent, &heard) ? 0 : PIER_ECONNABORTED;
}

int pier_loopback_join(pier_socket_t listener, const pier_address *name, int timeout_ms,
                       pier_socket_t out[2])
{
  int64_t deadline = deadline_in(timeout_ms);
  meeting m = {.listener = listener, .name = name, .connector = PIER_INVALID_SOCKET};
  for (size_t i = 0; i < CANDIDATES; i++)
    m.candidates[i].socket = PIER_INVALID_SOCKET;
  out[0] = out[1] = PIER_INVALID_SOCKET;

  int result = meet(&m, deadline, &out[1]);
  out[0] = m.connector;
  for (size_t i = 0; i < CANDIDATES; i++)
    close_if_open(&m.candidates[i].socket);
  if (result == 0)
    result = answer(out[1], out[0], deadline);
  if (result == 0) /* whoever writes into a pair does not want to wait for more */
    result = pier_set_option(out[0], PIER_OPT_NODELAY, 1);
  if (result == 0)
    result = pier_set_option(out[1], PIER_OPT_NODELAY, 1);
  if (result < 0)
    close_both(out);
  return result;
}

/* ---- datagrams ---- */

/* How long a token may be under way before another is sent: it is lost where a stranger has filled
   the receiver's buffer. */
#define RESEND_MS 50

int pier_loopback_bind(int family, pier_socket_t out[2], pier_address names[2])
{
  out[0] = out[1] = PIER_INVALID_SOCKET;
  int result = bind_new(family, SOCK_DGRAM, &out[0], &names[0]);
  if (result == 0)
    result = bind_new(family, SOCK_DGRAM, &out[1], &names[1]);
  if (result < 0)
    close_both(out);
  return result;
}

/* Receives until the expected token has come. 1 if it has, 0 if it is not there yet. */
static int drain(pier_socket_t s, const token *expected)
{
  union {
    token token;
    unsigned char space[TOKEN_SIZE + 1]; /* a longer datagram is none */
  } datagram;
  pier_ssize_t size;
  do {
    size = pier_recv(s, &datagram, sizeof datagram, 0);
    if (size == TOKEN_SIZE && is_same_token(&datagram.token, expected))
      return 1;
  } while (size >= 0);
  return size == PIER_EAGAIN ? 0 : (int)size;
}

/* Sends a token, until one arrives: it stands behind all that came before the connection, and
   since then nobody else is heard. */
static int clear_direction(pier_socket_t from, pier_socket_t to, int64_t deadline)
{
  token sent;
  for (int result = 0; result == 0;) {
    result = pier_os_random(&sent, sizeof sent); /* or an earlier one could arrive later */
    if (result == 0)
      result = drain(to, &sent); /* makes room */
    if (result < 0)
      return result;
    pier_ssize_t size = pier_send(from, &sent, sizeof sent, 0);
    if (size < 0 && size != PIER_EAGAIN && size != PIER_ENOBUFS)
      return (int)size;
    int64_t resend = deadline_in(RESEND_MS);
    for (int left_ms = RESEND_MS; result == 0 && left_ms > 0; left_ms = pier_ms_until(resend)) {
      result = pier_wait(to, POLLIN, left_ms, NULL);
      if (result > 0)
        result = drain(to, &sent);
      else if (result == PIER_ETIMEDOUT)
        result = 0;
      if (result != 0)
        return result < 0 ? result : 0;
    }
    if (pier_ms_until(deadline) == 0)
      return PIER_ETIMEDOUT;
  }
  return 0;
}

int pier_loopback_connect(const pier_socket_t pair[2], const pier_address names[2], int timeout_ms)
{
  int64_t deadline = deadline_in(timeout_ms);
  int result = pier_connect(pair[0], &names[1].sa, names[1].len);
  if (result == 0)
    result = pier_connect(pair[1], &names[0].sa, names[0].len);
  if (result == 0)
    result = clear_direction(pair[0], pair[1], deadline);
  if (result == 0)
    result = clear_direction(pair[1], pair[0], deadline);
  return result;
}

/* ---- both ---- */

static int make_streams(int family, pier_socket_t out[2])
{
  pier_socket_t listener;
  pier_address name;
  int result = pier_loopback_listen(family, &listener, &name);
  if (result < 0)
    return result;
  result = pier_loopback_join(listener, &name, PIER_LOOPBACK_TIMEOUT_MS, out);
  pier_close(listener);
  return result;
}

static int make_datagrams(int family, pier_socket_t out[2])
{
  pier_address names[2];
  int result = pier_loopback_bind(family, out, names);
  if (result < 0)
    return result;
  result = pier_loopback_connect(out, names, PIER_LOOPBACK_TIMEOUT_MS);
  if (result < 0)
    close_both(out);
  return result;
}

static int finish(pier_socket_t s, int flags)
{
  int result = flags & PIER_NONBLOCK ? 0 : pier_set_nonblocking(s, false);
  if (result == 0 && flags & PIER_INHERIT)
    result = pier_set_inheritable(s, true);
  return result;
}

int pier_loopback_pair(int type, int flags, pier_socket_t out[2])
{
  int (*make)(int, pier_socket_t[2]) = type == SOCK_STREAM ? make_streams : make_datagrams;
  int result = make(AF_INET, out);
  if ((result == PIER_EAFNOSUPPORT || result == PIER_EADDRNOTAVAIL) && make(AF_INET6, out) == 0)
    result = 0; /* a machine without IPv4 */
  if (result == 0)
    result = finish(out[0], flags);
  if (result == 0)
    result = finish(out[1], flags);
  if (result < 0)
    close_both(out);
  return result;
}

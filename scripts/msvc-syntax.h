/* scripts/msvc-syntax.h: what the Windows SDK's headers have and Wine's lack, declared as the SDK
 * does, for the leg msvc-syntax of scripts/test. Nothing is built with it.
 */
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#define FD_SETSIZE 1024
#define WSAPoll wine_has_another_type_for_this
#include <winsock2.h>
#include <ws2tcpip.h>
#undef WSAPoll

struct pollfd {
  SOCKET fd;
  SHORT events;
  SHORT revents;
};
#define WSAPOLLFD struct pollfd
int WINAPI WSAPoll(struct pollfd *fds, ULONG count, INT timeout);
int WINAPI WSASendMsg(SOCKET s, WSAMSG *message, DWORD flags, DWORD *sent, WSAOVERLAPPED *overlapped,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

#define WSA_CMSG_LEN(length) (sizeof(WSACMSGHDR) + (length))

#define MCAST_JOIN_GROUP 41
#define MCAST_LEAVE_GROUP 42
#define MCAST_JOIN_SOURCE_GROUP 45
#define MCAST_LEAVE_SOURCE_GROUP 46
struct group_req {
  ULONG gr_interface;
  SOCKADDR_STORAGE gr_group;
};
struct group_source_req {
  ULONG gsr_interface;
  SOCKADDR_STORAGE gsr_group;
  SOCKADDR_STORAGE gsr_source;
};

#define IF_NAMESIZE 256

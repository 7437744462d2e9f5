/* Linked into the static programs by scripts/rustc-static, in front of glibc's getaddrinfo.
 *
 * A static glibc loads what /etc/nsswitch.conf names from the machine that it runs on, and aborts where the libraries
 * there are of another glibc. So it is told to do with the two sources that are built into it. */
#include <netdb.h>
#include <nss.h>

int __real_getaddrinfo(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    __nss_configure_lookup("hosts", "files dns");
    return __real_getaddrinfo(node, service, hints, found);
}

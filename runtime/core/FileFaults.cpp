#include "runtime/core/FileFaults.h"
#include "runtime/core/ExitCodes.h"
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

namespace stator::runtime {

/// All ranges that there ever were, as a handler may be looking at any of them.
/// Those that are not in use are used again.
static std::atomic<MappedRange *> FirstRange = nullptr;
static std::mutex RangesMutex;

MappedRange *rememberRange(const void *Begin, size_t Size,
                           const std::string &Path) {
  std::lock_guard<std::mutex> Lock(RangesMutex);
  MappedRange *Range = FirstRange;
  while (Range && Range->End != 0)
    Range = Range->Next;
  if (!Range) {
    Range = new MappedRange;
    Range->Next = FirstRange;
    FirstRange = Range;
  }
  Range->Path = Path;
  Range->ReadsZeros = Range->Faulted = false;
  Range->Begin = reinterpret_cast<uintptr_t>(Begin);
  Range->End = reinterpret_cast<uintptr_t>(Begin) + Size;
  return Range;
}

void forgetRange(MappedRange *Range) {
  std::lock_guard<std::mutex> Lock(RangesMutex);
  Range->End = 0;
  Range->Begin = 0;
}

static struct sigaction Before;
static uintptr_t PageSize = 4096;

/// Only what a signal handler may call.
[[noreturn]] static void failToRead(const char *Path) {
  for (const char *Part :
       {"error: cannot read ", Path,
        ": it was truncated while it was in use, or its disk has failed\n"}) {
    // Nothing is left to be done if this fails.
    if (::write(STDERR_FILENO, Part, std::strlen(Part)) < 0)
      break;
  }
  ::_exit(ExitFailure);
}

/// Puts a page of zeros in place of the one that cannot be read.
static bool replacePage(uintptr_t Address) {
  auto *Page = reinterpret_cast<void *>(Address - Address % PageSize);
  return ::mmap(Page, PageSize, PROT_READ,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

static void passOn(int Signal, siginfo_t *Info, void *Context) {
  if (Before.sa_flags & SA_SIGINFO) {
    Before.sa_sigaction(Signal, Info, Context);
  } else if (Before.sa_handler != SIG_DFL && Before.sa_handler != SIG_IGN) {
    Before.sa_handler(Signal);
  } else if (Before.sa_handler == SIG_DFL || Info->si_code > 0) {
    // Raised again, when this returns, for what the system does by default.
    ::signal(Signal, SIG_DFL);
    ::raise(Signal);
  }
}

static void handle(int Signal, siginfo_t *Info, void *Context) {
  int Errno = errno;
  auto Address = reinterpret_cast<uintptr_t>(Info->si_addr);
  // One that another process sends has no address.
  MappedRange *Range = Info->si_code > 0 ? FirstRange.load() : nullptr;
  while (Range && (Address < Range->Begin || Address >= Range->End))
    Range = Range->Next;
  if (!Range) {
    passOn(Signal, Info, Context);
  } else if (Range->ReadsZeros && replacePage(Address)) {
    Range->Faulted = true;
  } else {
    failToRead(Range->Path.c_str());
  }
  errno = Errno;
}

void handleFileFaults() {
  static std::once_flag Installed;
  std::call_once(Installed, [] {
    PageSize = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
    struct sigaction Action = {};
    Action.sa_sigaction = handle;
    Action.sa_flags = static_cast<int>(SA_SIGINFO | SA_ONSTACK);
    ::sigaction(SIGBUS, nullptr, &Before);
    ::sigaction(SIGBUS, &Action, nullptr);
  });
}

} // namespace stator::runtime

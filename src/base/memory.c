#include "base/memory.h"

#include <sys/sysinfo.h>

uint64_t th_memory_usable(void)
{
    struct sysinfo machine;
    return sysinfo(&machine) == 0 ? (uint64_t)machine.totalram * machine.mem_unit : UINT64_C(1) << 30;
}

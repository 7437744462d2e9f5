/* The bcryptprimitives.dll that Wine lacks before version 9: Rust's standard library takes its random numbers from
 * there, and a program that needs it does not start. It has one function; the one behind it is what Wine has. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    return SystemFunction036(data, (ULONG)length);
}

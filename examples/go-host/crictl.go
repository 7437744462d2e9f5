//go:build !plain

package main

/*
#cgo CFLAGS: -I${SRCDIR}/../../ffi/include
#cgo LDFLAGS: -lcrictl_ffi -lm -ldl -lpthread
#include <stdlib.h>
#include "crictl.h"
*/
import "C"

import (
	"os"
	"unsafe"
)

// crictl runs a command line of crictl against an endpoint, on the process's own streams, and returns its status.
func crictl(args []string, endpoint string) int {
	return int(C.crictl_run(&C.crictl_run_options{
		argv: list(args), envp: list(os.Environ()), input: 0, output: 1, error: 2,
		endpoint: C.CString(endpoint), hint: C.CString("the daemon is not running"), program: C.CString("go-host crictl"),
	}))
}

// list makes an array of C of the words, which ends with a null pointer. It is never freed: the process ends with the run.
func list(words []string) **C.char {
	array := (**C.char)(C.calloc(C.size_t(len(words)+1), C.size_t(unsafe.Sizeof(uintptr(0)))))
	for at, word := range words {
		unsafe.Slice(array, len(words))[at] = C.CString(word)
	}
	return array
}

// A daemon in Go with crictl built in: `go-host crictl ARGS` is crictl for the daemon's own containerd, in the data
// directory that DATA_DIR names. Built by scripts/go-host.
package main

/*
#cgo CFLAGS: -I${SRCDIR}/../../ffi/include
#cgo LDFLAGS: -lcrictl_ffi -lm -ldl -lpthread
#include <stdlib.h>
#include "crictl.h"
*/
import "C"

import (
	"fmt"
	"os"
	"unsafe"
)

// list makes an array of C of the words, which ends with a null pointer. Both live as long as the process.
func list(words []string) **C.char {
	size := C.size_t(len(words)+1) * C.size_t(unsafe.Sizeof(uintptr(0)))
	array := (**C.char)(C.calloc(1, size))
	for at, word := range words {
		unsafe.Slice(array, len(words))[at] = C.CString(word)
	}
	return array
}

func main() {
	if len(os.Args) < 2 || os.Args[1] != "crictl" {
		fmt.Println("the daemon would run now; `go-host crictl ARGS` inspects its containerd")
		return
	}
	socket := "unix://" + os.Getenv("DATA_DIR") + "/containerd/containerd.sock"
	os.Exit(int(C.crictl_run(&C.crictl_run_options{
		argv: list(os.Args[1:]), envp: list(os.Environ()), input: 0, output: 1, error: 2,
		endpoint: C.CString(socket), hint: C.CString("the daemon is not running"), program: C.CString("go-host crictl"),
	})))
}

/* crictl as a library, for C and what speaks C. Link with libcrictl_ffi. Made by cbindgen from ffi/src/lib.rs. */

#ifndef CRICTL_H
#define CRICTL_H

/*
 What a run is given. All pointers and descriptors stay the caller's, and are used until `crictl_run` returns.
 */
typedef struct crictl_run_options {
  /*
   The arguments, the program's name first; ends with a null pointer.
   */
  const char *const *argv;
  /*
   The environment, each `NAME=VALUE`; ends with a null pointer, or is one: no environment.
   */
  const char *const *envp;
  /*
   What the run reads from and writes to.
   */
  int input;
  /*
   For results.
   */
  int output;
  /*
   For log lines and errors.
   */
  int error;
  /*
   The endpoint of the host's runtime, or null for none.
   */
  const char *endpoint;
  /*
   What the user can do if nobody serves that endpoint, or null.
   */
  const char *hint;
  /*
   How the user calls crictl, as help says it, or null for `crictl`.
   */
  const char *program;
} crictl_run_options;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 Runs crictl and returns its exit status. Any number of threads may do so at once.

 # Safety
 `run` is null or points to a `crictl_run_options` of which each pointer is null or points to what it is documented
 to, and stays valid until this function returns.
 */
int crictl_run(const struct crictl_run_options *run);

/*
 The version of crictl, to be given to `crictl_free`.
 */
char *crictl_version(void);

/*
 Frees what this library returned. Does nothing with a null pointer.

 # Safety
 `text` is null, or was returned by a function of this library and not freed yet.
 */
void crictl_free(char *text);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* CRICTL_H */

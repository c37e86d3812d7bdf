/* What the compiled engine needs and mypyc does not write: how a deep graph is freed without deep
   recursion, and a quick way past floats.  setup.py has the C compiler read this file before the
   code that mypyc writes, and members.h after it.

   Freeing a node frees its operands, and so on down.  CPython bounds that recursion with its
   "trashcan", but the trashcan links the waiting objects through the header of the garbage
   collector, which a Value does not have: it would write over the memory before the object.
   The first macros below do the same with a list of their own. */

#ifndef AUTOGRAD_NN_NATIVE_H
#define AUTOGRAD_NN_NATIVE_H

#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Under the global lock one list serves all threads: what one puts off while another is within a
   deallocation, that other frees.  Looking up a thread's own takes as long as freeing a node. */
#ifndef Py_GIL_DISABLED
#define AUTOGRAD_NN_THREAD_LOCAL
#elif defined(_MSC_VER)
#define AUTOGRAD_NN_THREAD_LOCAL __declspec(thread)
#else
#define AUTOGRAD_NN_THREAD_LOCAL __thread
#endif

#define AUTOGRAD_NN_DEEPEST 50

static AUTOGRAD_NN_THREAD_LOCAL int autograd_nn_depth;
static AUTOGRAD_NN_THREAD_LOCAL PyObject **autograd_nn_waiting;
static AUTOGRAD_NN_THREAD_LOCAL size_t autograd_nn_count, autograd_nn_room;

/* Put a dead object off; 0 where there is no memory for that, and it must be freed at once. */
static int autograd_nn_put_off(PyObject *op) {
    if (autograd_nn_depth < AUTOGRAD_NN_DEEPEST)
        return 0;
    if (autograd_nn_count == autograd_nn_room) {
        size_t room = autograd_nn_room ? 2 * autograd_nn_room : 64;
        PyObject **waiting = realloc(autograd_nn_waiting, room * sizeof(PyObject *));
        if (waiting == NULL)
            return 0;
        autograd_nn_waiting = waiting;
        autograd_nn_room = room;
    }
    autograd_nn_waiting[autograd_nn_count++] = op;
    return 1;
}

/* Free what was put off.  The depth stays above 0 meanwhile, so this never calls itself. */
static void autograd_nn_free_waiting(void) {
    while (autograd_nn_count > 0) {
        PyObject *op = autograd_nn_waiting[--autograd_nn_count];
        Py_TYPE(op)->tp_dealloc(op);
    }
    free(autograd_nn_waiting);
    autograd_nn_waiting = NULL;
    autograd_nn_room = 0;
}

#undef Py_TRASHCAN_BEGIN
#undef Py_TRASHCAN_END
#define Py_TRASHCAN_BEGIN(op, dealloc) \
    do { \
        if (autograd_nn_put_off((PyObject *)(op))) \
            break; \
        autograd_nn_depth++;
#define Py_TRASHCAN_END \
        if (autograd_nn_depth == 1 && autograd_nn_count > 0) \
            autograd_nn_free_waiting(); \
        autograd_nn_depth--; \
    } while (0);

/* These are in members.h, which stands after the code of mypyc: what makes types ready, and what
   makes the node of an operation. */
static int autograd_nn_ready(PyTypeObject *type);
static PyObject *autograd_nn_make(int16_t code, double data, PyObject *left, PyObject *right,
                                  double left_partial, double right_partial);
#define PyType_Ready(type) autograd_nn_ready(type)

/* Whether a float or an int is an instance of a class without a metaclass of its own needs no
   look at its __class__: in 2.0 * v that look takes longer than the product. */
static inline int autograd_nn_is_instance(PyObject *x, PyObject *cls) {
    if ((PyFloat_CheckExact(x) || PyLong_CheckExact(x)) && Py_TYPE(cls) == &PyType_Type)
        return PyType_IsSubtype(Py_TYPE(x), (PyTypeObject *)cls);
    return PyObject_IsInstance(x, cls);
}
#define PyObject_IsInstance(x, cls) autograd_nn_is_instance(x, cls)

#endif

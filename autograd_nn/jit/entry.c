/* The short way into machine code: arguments in, one run, results out, without Python between.

   An Entry is made for arguments of fixed types and shapes.  entry(args) returns None where the
   arguments are others, where something is not finite, or where another thread is inside: the
   caller then takes the long way, which has the same results.

   What is left out: who may take this way, and what must hold around it, which is quick.py's. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define NPY_NO_DEPRECATED_API NPY_1_22_API_VERSION
#include <numpy/arrayobject.h>
#include <string.h>

#define MOST_AXES 8

typedef void (*Step)(void *);

/* Numbers of one shape in memory; steps are in bytes. */
typedef struct {
    int axes;
    npy_intp shape[MOST_AXES];
    npy_intp steps[MOST_AXES];
    char *at;
    void **slot; /* where the address of a large argument is kept, which is read in place */
    int whole;   /* whether they lie one after another, in order */
    npy_intp bytes;
} Place;

typedef struct {
    PyObject_HEAD
    Py_ssize_t inputs, outputs, steps;
    Place *in, *out;
    Step *step;
    void *addresses;
    double *number, *check;
    int single, release, busy;
    PyObject *kept; /* what owns the memory and the code */
} Entry;

static PyArray_Descr *doubles;

static void copy(const Place *p, char *to, const npy_intp *to_steps, const char *from,
                 const npy_intp *from_steps, int axis) {
    npy_intp count = p->shape[axis];
    for (npy_intp k = 0; k < count; k++) {
        if (axis + 1 == p->axes)
            memcpy(to, from, sizeof(double));
        else
            copy(p, to, to_steps, from, from_steps, axis + 1);
        to += to_steps[axis];
        from += from_steps[axis];
    }
}

/* Reads one argument; returns whether it is what the entry was made for. */
static int load(const Place *p, PyObject *x) {
    if (PyFloat_CheckExact(x)) {
        if (p->axes)
            return 0;
        *(double *)p->at = PyFloat_AS_DOUBLE(x);
        return 1;
    }
    if (!PyArray_CheckExact(x) || !p->axes)
        return 0;
    PyArrayObject *a = (PyArrayObject *)x;
    if (PyArray_DESCR(a) != doubles || PyArray_NDIM(a) != p->axes
        || memcmp(PyArray_DIMS(a), p->shape, (size_t)p->axes * sizeof(npy_intp)))
        return 0;
    int plain = PyArray_IS_C_CONTIGUOUS(a) && PyArray_ISALIGNED(a);
    if (p->slot) {
        *p->slot = PyArray_DATA(a);
        return plain;
    }
    if (p->whole && plain)
        memcpy(p->at, PyArray_DATA(a), (size_t)p->bytes);
    else if (p->bytes)
        copy(p, p->at, p->steps, PyArray_BYTES(a), PyArray_STRIDES(a), 0);
    return 1;
}

/* A new float, or a new array, of the numbers in one place. */
static PyObject *result(const Place *p) {
    if (!p->axes)
        return PyFloat_FromDouble(*(double *)p->at);
    PyObject *x = PyArray_SimpleNew(p->axes, p->shape, NPY_DOUBLE);
    if (x && p->bytes) {
        PyArrayObject *a = (PyArrayObject *)x;
        if (p->whole)
            memcpy(PyArray_DATA(a), p->at, (size_t)p->bytes);
        else
            copy(p, PyArray_BYTES(a), PyArray_STRIDES(a), p->at, p->steps, 0);
    }
    return x;
}

static void run(Entry *e) {
    for (Py_ssize_t k = 0; k < e->steps; k++)
        e->step[k](e->addresses);
}

static PyObject *slopes(Entry *e) {
    if (e->single)
        return result(e->out);
    PyObject *all = PyTuple_New(e->outputs);
    for (Py_ssize_t k = 0; all && k < e->outputs; k++) {
        PyObject *one = result(e->out + k);
        if (!one)
            Py_CLEAR(all);
        else
            PyTuple_SET_ITEM(all, k, one);
    }
    return all;
}

static PyObject *answer(Entry *e) {
    if (e->check ? *e->check != 0.0 : !isfinite(*e->number))
        Py_RETURN_NONE;
    PyObject *number = PyFloat_FromDouble(*e->number);
    if (!e->check || !number)
        return number;
    PyObject *along = slopes(e), *both = along ? PyTuple_Pack(2, number, along) : NULL;
    Py_DECREF(number);
    Py_XDECREF(along);
    return both;
}

static PyObject *call(PyObject *self, PyObject *args, PyObject *names) {
    Entry *e = (Entry *)self;
    if (!e->kept)
        return PyErr_Format(PyExc_TypeError, "an entry that was not made");
    if (PyTuple_GET_SIZE(args) != 1 || !PyTuple_CheckExact(PyTuple_GET_ITEM(args, 0)))
        return PyErr_Format(PyExc_TypeError, "an entry takes one tuple");
    PyObject *given = PyTuple_GET_ITEM(args, 0);
    if (PyTuple_GET_SIZE(given) != e->inputs || e->busy)
        Py_RETURN_NONE;
    for (Py_ssize_t k = 0; k < e->inputs; k++)
        if (!load(e->in + k, PyTuple_GET_ITEM(given, k)))
            Py_RETURN_NONE;
    e->busy = 1;
    if (e->release) {
        Py_BEGIN_ALLOW_THREADS
        run(e);
        Py_END_ALLOW_THREADS
    } else
        run(e);
    PyObject *found = answer(e);
    e->busy = 0;
    return found;
}

/* Reads (shape, steps, address, slot) into a place. */
static int place(PyObject *x, Place *p) {
    PyObject *shape, *steps;
    Py_ssize_t at, slot;
    if (!PyArg_ParseTuple(x, "O!O!nn", &PyTuple_Type, &shape, &PyTuple_Type, &steps, &at, &slot))
        return -1;
    Py_ssize_t axes = PyTuple_GET_SIZE(shape);
    if (axes > MOST_AXES || PyTuple_GET_SIZE(steps) != axes) {
        PyErr_Format(PyExc_ValueError, "at most %d axes, a step each", MOST_AXES);
        return -1;
    }
    p->axes = (int)axes, p->at = (char *)at, p->slot = (void **)slot;
    p->bytes = sizeof(double), p->whole = 1;
    for (Py_ssize_t k = axes - 1; k >= 0; k--) {
        p->shape[k] = PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, k));
        p->steps[k] = PyLong_AsSsize_t(PyTuple_GET_ITEM(steps, k));
        p->whole &= p->shape[k] == 1 || p->steps[k] == p->bytes;
        p->bytes *= p->shape[k];
    }
    return PyErr_Occurred() ? -1 : 0;
}

static Place *places(PyObject *all, Py_ssize_t *count) {
    *count = PyTuple_GET_SIZE(all);
    Place *found = PyMem_Calloc((size_t)*count + 1, sizeof(Place));
    if (!found)
        return (Place *)PyErr_NoMemory();
    for (Py_ssize_t k = 0; k < *count; k++)
        if (place(PyTuple_GET_ITEM(all, k), found + k)) {
            PyMem_Free(found);
            return NULL;
        }
    return found;
}

static int init(PyObject *self, PyObject *args, PyObject *names) {
    Entry *e = (Entry *)self;
    PyObject *steps, *in, *out, *kept;
    Py_ssize_t addresses, number, check;
    if (e->kept)
        return PyErr_Format(PyExc_TypeError, "an entry is made once"), -1;
    if (!PyArg_ParseTuple(args, "O!nnnO!O!ppO", &PyTuple_Type, &steps, &addresses, &number, &check,
                          &PyTuple_Type, &in, &PyTuple_Type, &out, &e->single, &e->release, &kept))
        return -1;
    e->addresses = (void *)addresses, e->number = (double *)number, e->check = (double *)check;
    e->steps = PyTuple_GET_SIZE(steps);
    e->step = PyMem_Calloc((size_t)e->steps + 1, sizeof(Step));
    e->in = places(in, &e->inputs);
    e->out = places(out, &e->outputs);
    if (!e->step || !e->in || !e->out)
        return PyErr_Occurred() ? -1 : (PyErr_NoMemory(), -1);
    for (Py_ssize_t k = 0; k < e->steps; k++)
        e->step[k] = (Step)PyLong_AsVoidPtr(PyTuple_GET_ITEM(steps, k));
    if (PyErr_Occurred() || (e->single && !e->outputs))
        return PyErr_Occurred() ? -1 : (PyErr_Format(PyExc_ValueError, "no slope"), -1);
    e->kept = Py_NewRef(kept);
    return 0;
}

static void dealloc(PyObject *self) {
    Entry *e = (Entry *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyMem_Free(e->in);
    PyMem_Free(e->out);
    PyMem_Free(e->step);
    Py_XDECREF(e->kept);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot slots[] = {
    {Py_tp_doc, "Entry(steps, addresses, number, check, inputs, outputs, single, release, kept)\n\n"
                "Machine code for arguments of fixed shapes; see entry.c."},
    {Py_tp_init, init},
    {Py_tp_call, call},
    {Py_tp_dealloc, dealloc},
    {Py_tp_new, PyType_GenericNew},
    {0, NULL},
};
static PyType_Spec spec = {
    "autograd_nn.jit.entry.Entry", sizeof(Entry), 0, Py_TPFLAGS_DEFAULT, slots};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "entry", NULL, -1, NULL};

PyMODINIT_FUNC PyInit_entry(void) {
    import_array();
    doubles = PyArray_DescrFromType(NPY_DOUBLE);
    PyObject *made = PyModule_Create(&module), *type = PyType_FromSpec(&spec);
    if (!made || !type || PyModule_AddObject(made, "Entry", type))
        return NULL;
    return made;
}

/* What C does with a Value that mypyc does not write: its members, and the node of an operation.
   setup.py puts this file after the code of mypyc, whose structs it uses: where they change, it does
   not compile.

   Scripts read and write .data and .grad by the million.  Through the descriptors of a type, each
   costs a search for its name and two calls; here it is a comparison of pointers.  While a context
   is open (no_grad, a trace ...) the descriptors decide, as they do for what is no float. */

#undef PyType_Ready

#define AUTOGRAD_NN_VALUE(x) ((autograd_nn___engine___ValueObject *)(x))
#define AUTOGRAD_NN_CONTEXTS \
    (((autograd_nn___state___SharedObject *)CPyStatic_state___shared)->_contexts)

static PyObject *autograd_nn_data, *autograd_nn_grad; /* the two names, interned */

/* The place of a member that C may read and write itself; NULL for any other. */
static double *autograd_nn_member(PyObject *self, PyObject *name) {
    if (name == autograd_nn_data && AUTOGRAD_NN_CONTEXTS == 0)
        return &AUTOGRAD_NN_VALUE(self)->__data;
    if (name == autograd_nn_grad && AUTOGRAD_NN_CONTEXTS == 0)
        return &AUTOGRAD_NN_VALUE(self)->__grad;
    return NULL;
}

static PyObject *autograd_nn_get_attribute(PyObject *self, PyObject *name) {
    double *member = autograd_nn_member(self, name);
    if (member != NULL)
        return PyFloat_FromDouble(*member);
    /* A type with a function of its own here has no short way to its methods; this is one. */
    PyObject *known = _PyType_Lookup(Py_TYPE(self), name), *notes = AUTOGRAD_NN_VALUE(self)->__notes;
    if (known != NULL && Py_TYPE(known) == &PyMethodDescr_Type && notes != NULL
        && PyDict_GET_SIZE(notes) == 0)
        return PyCFunction_NewEx(((PyMethodDescrObject *)known)->d_method, self, NULL);
    return PyObject_GenericGetAttr(self, name);
}

/* Deletion is refused here: a setter that mypyc writes would crash on it.  What a user invents
   (v.color = "red", or a method's name) goes into the notes of the node, the last field, which
   Python reads as the instance's dict; Python itself would write to a dict that nodes share. */
static int autograd_nn_set_attribute(PyObject *self, PyObject *name, PyObject *value) {
    double *member = autograd_nn_member(self, name);
    if (member != NULL && value != NULL && PyFloat_CheckExact(value)) {
        *member = PyFloat_AS_DOUBLE(value);
        return 0;
    }
    PyObject *known = _PyType_Lookup(Py_TYPE(self), name);
    int is_member = known != NULL && Py_TYPE(known)->tp_descr_set != NULL;
    if (is_member && value != NULL)
        return PyObject_GenericSetAttr(self, name, value);
    if (is_member) {
        PyErr_Format(PyExc_AttributeError, "property '%U' of '%.100s' object has no deleter",
                     name, Py_TYPE(self)->tp_name);
        return -1;
    }
    PyObject *done = value == NULL ? PyObject_CallMethod(self, "_forget", "O", name)
                                   : PyObject_CallMethod(self, "_keep", "OO", name, value);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static int autograd_nn_ready(PyTypeObject *type) {
    if (strcmp(type->tp_name, "Value") == 0) {
        autograd_nn_data = PyUnicode_InternFromString("data");
        autograd_nn_grad = PyUnicode_InternFromString("grad");
        if (autograd_nn_data == NULL || autograd_nn_grad == NULL)
            return -1;
        type->tp_getattro = autograd_nn_get_attribute;
        type->tp_setattro = autograd_nn_set_attribute;
        type->tp_dictoffset = type->tp_basicsize - (Py_ssize_t)sizeof(PyObject *);
    }
    return PyType_Ready(type);
}

/* _make of engine.py.  What mypyc writes for it fills each field up to three times, and boxes a
   float that it then throws away.  A field that is not named here is 0. */
static PyObject *autograd_nn_make(int16_t code, double data, PyObject *left, PyObject *right,
                                  double left_partial, double right_partial) {
    PyTypeObject *type = CPyType_engine___Value;
    autograd_nn___engine___ValueObject *v = PyObject_Malloc((size_t)type->tp_basicsize);
    if (v == NULL)
        return PyErr_NoMemory();
    memset(v, 0, (size_t)type->tp_basicsize);
    PyObject_Init((PyObject *)v, type);
    v->vtable = engine___Value_vtable;
    v->__data = data;
    v->__code = code;
    v->__left = Py_NewRef(left);
    v->__right = Py_NewRef(right);
    v->__left_partial = left_partial;
    v->__right_partial = right_partial;
    v->__notes = Py_NewRef(CPyStatic_state___BARE);
    return (PyObject *)v;
}

def test_values(student, reference, inputs, assert_close):
    """before(x) is right."""
    x = inputs.vector()
    assert_close(student.before(x.clone()), reference.before(x), "before(x)")

def test_values(student, reference, inputs, assert_close):
    """after(x) is right."""
    x = inputs.vector()
    assert_close(student.after(x.clone()), reference.after(x), "after(x)")

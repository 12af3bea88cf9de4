import torch

ACTIVATIONS = {
    "tanh": (torch.tanh, lambda s: 1 - torch.tanh(s) ** 2),
    "logistic": (torch.sigmoid, lambda s: torch.sigmoid(s) * (1 - torch.sigmoid(s))),
}
sigma, dsigma = ACTIVATIONS["tanh"]
hyper = dict(zeta=0.9, eps=1e-6, eta=0.1)


def loss(v, t):
    return torch.sum(v - t) ** 2


def dloss(v, t):
    return 2 * (v - t)


def forward_pass(w1, b1, w2, b2, x):
    net = {"x0": x}
    for i, (w, b) in enumerate([(w1, b1), (w2, b2)], start=1):
        net[f"s{i}"] = w @ net[f"x{i - 1}"] + b
        net[f"x{i}"] = sigma(net[f"s{i}"])
    return tuple(net[key] for key in ("x0", "s1", "x1", "s2", "x2"))


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    g = {}
    g["x2"] = dloss(x2, t)
    g["s2"] = g["x2"] * dsigma(s2)
    g["x1"] = torch.mv(w2.transpose(0, 1), g["s2"])
    g["s1"] = g["x1"] * dsigma(s1)
    g["w2"], g["b2"] = torch.outer(g["s2"], x1), g["s2"]
    g["w1"], g["b1"] = torch.outer(g["s1"], x), g["s1"]
    for name, acc in {"w1": dl_dw1, "b1": dl_db1, "w2": dl_dw2, "b2": dl_db2}.items():
        acc.add_(g[name])


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    sizes = {"w1": (nb_hidden, train_input.size(1)), "b1": (nb_hidden,),
             "w2": (train_target.size(1), nb_hidden), "b2": (train_target.size(1),)}
    p = {k: torch.normal(0, hyper["eps"], s) for k, s in sizes.items()}
    y = train_target * hyper["zeta"]
    eta = hyper["eta"] / train_input.size(0)
    history = []
    for _ in range(nb_steps):
        g = {k: torch.zeros(s) for k, s in sizes.items()}
        entry = {"loss": 0.0, "train": 0, "test": 0}
        for x, t in zip(train_input, y):
            r = forward_pass(**p, x=x)
            backward_pass(*p.values(), t, *r, *g.values())
            entry["loss"] += loss(r[4], t).item()
            entry["train"] += (r[4].argmax() != t.argmax()).item() / len(train_input)
        for x, t in zip(test_input, test_target):
            entry["test"] += (forward_pass(**p, x=x)[4].argmax() != t.argmax()).item() / len(test_input)
        history.append(tuple(entry.values()))
        p = {k: p[k] - eta * g[k] for k in p}
    return tuple(p.values()), history

import torch
import dlc_practical_prologue as prologue
from net import forward, backward, loss

a, ta, b, tb = prologue.load_data(one_hot_labels=True, normalize=True)
ta, tb = 0.9 * ta, 0.9 * tb
eps, nb_hidden = 1e-6, 50
w1, b1 = torch.empty(nb_hidden, a.size(1)).normal_(0, eps), torch.empty(nb_hidden).normal_(0, eps)
w2, b2 = torch.empty(ta.size(1), nb_hidden).normal_(0, eps), torch.empty(ta.size(1)).normal_(0, eps)
g1, g2, g3, g4 = [torch.empty_like(p) for p in (w1, b1, w2, b2)]

for step in range(1000):
    for g in (g1, g2, g3, g4):
        g.zero_()
    total, wrong = 0.0, 0
    for n in range(a.size(0)):
        x0, s1, x1, s2, x2 = forward(w1, b1, w2, b2, a[n])
        total += loss(x2, ta[n]).item()
        wrong += int(x2.argmax() != ta[n].argmax())
        backward(w1, b1, w2, b2, ta[n], x0, s1, x1, s2, x2, g1, g2, g3, g4)
    wrong_test = 0
    for n in range(b.size(0)):
        wrong_test += int(forward(w1, b1, w2, b2, b[n])[-1].argmax() != tb[n].argmax())
    print(step, total, wrong / a.size(0), wrong_test / b.size(0))
    for p, g in zip((w1, b1, w2, b2), (g1, g2, g3, g4)):
        p -= 0.1 / a.size(0) * g

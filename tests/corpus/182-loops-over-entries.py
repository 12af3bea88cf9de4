# TP3 - Reseau de neurones "a la main"
# Groupe 12
# (je n'ai pas reussi a faire marcher mv donc j'ai tout fait avec des boucles, c'est lent mais ca marche)

import math
import torch


def sigma(x):
    plat_x = x.reshape(-1)
    plat = torch.zeros(len(plat_x), dtype=x.dtype)
    for i in range(len(plat_x)):
        plat[i] = math.tanh(plat_x[i].item())
    return plat.reshape(x.shape)


def dsigma(x):
    # derivee de tanh : 1 - tanh^2
    y = sigma(x)
    return y * (-y) + 1


def loss(v, t):
    total = 0
    for i in range(v.shape[0]):
        ecart = v[i] - t[i]
        total = total + ecart * ecart
    return total


def dloss(v, t):
    g = torch.zeros_like(v)
    for i in range(v.shape[0]):
        g[i] = (v[i] - t[i]) * 2
    return g


def produit(w, x):
    # produit matrice vecteur
    sortie = x.new_zeros(w.shape[0])
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            sortie[i] += w[i, j] * x[j]
    return sortie


def forward_pass(w1, b1, w2, b2, x):
    s1 = produit(w1, x)
    for i in range(len(b1)):
        s1[i] += b1[i]
    x1 = sigma(s1)
    s2 = produit(w2, x1)
    for i in range(len(b2)):
        s2[i] += b2[i]
    x2 = sigma(s2)
    return x, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    nb_sorties = w2.shape[0]
    nb_caches = w2.shape[1]
    nb_entrees = w1.shape[1]

    dl_dx2 = dloss(x2, t)
    dl_ds2 = dl_dx2 * dsigma(s2)

    dl_dx1 = torch.zeros_like(x1)
    for j in range(nb_caches):
        for i in range(nb_sorties):
            dl_dx1[j] += w2[i, j] * dl_ds2[i]
    dl_ds1 = dl_dx1 * dsigma(s1)

    for i in range(nb_sorties):
        dl_db2[i] += dl_ds2[i]
        for j in range(nb_caches):
            dl_dw2[i, j] += dl_ds2[i] * x1[j]

    for i in range(nb_caches):
        dl_db1[i] += dl_ds1[i]
        for j in range(nb_entrees):
            dl_dw1[i, j] += dl_ds1[i] * x[j]


def classe(v):
    # indice du max
    meilleur = 0
    for i in range(1, len(v)):
        if v[i] > v[meilleur]:
            meilleur = i
    return meilleur


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    zeta = 0.9
    eps = 1e-6
    n_train = len(train_input)
    n_test = len(test_input)
    nb_in = train_input.shape[1]
    nb_out = train_target.shape[1]
    eta = 0.1 / n_train

    cible = train_target * zeta

    w1 = torch.zeros(nb_hidden, nb_in).normal_(0, eps)
    b1 = torch.zeros(nb_hidden).normal_(0, eps)
    w2 = torch.zeros(nb_out, nb_hidden).normal_(0, eps)
    b2 = torch.zeros(nb_out).normal_(0, eps)

    historique = []
    k = 0
    while k < nb_steps:
        gw1 = torch.zeros_like(w1)
        gb1 = torch.zeros_like(b1)
        gw2 = torch.zeros_like(w2)
        gb2 = torch.zeros_like(b2)
        perte = 0.0
        faux = 0
        for n in range(n_train):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, train_input[n])
            perte += loss(x2, cible[n]).item()
            if classe(x2) != classe(cible[n]):
                faux += 1
            backward_pass(w1, b1, w2, b2, cible[n], x0, s1, x1, s2, x2, gw1, gb1, gw2, gb2)
        faux_test = 0
        for n in range(n_test):
            sortie = forward_pass(w1, b1, w2, b2, test_input[n])[4]
            if classe(sortie) != classe(test_target[n]):
                faux_test += 1
        historique.append((perte, faux / n_train, faux_test / n_test))
        w1 = w1 - eta * gw1
        b1 = b1 - eta * gb1
        w2 = w2 - eta * gw2
        b2 = b2 - eta * gb2
        k += 1
    return (w1, b1, w2, b2), historique

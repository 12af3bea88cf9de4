# -*- coding: utf-8 -*-
# TP 3 : rétropropagation « à la main »
import torch


def sigma(x):
    """Fonction d'activation."""
    return torch.sigmoid(x)


def dsigma(x):
    """Dérivée de l'activation."""
    return sigma(x) * (1 - sigma(x))


def loss(v, t):
    """Coût quadratique."""
    écart = v - t
    return écart.dot(écart)


def dloss(v, t):
    """Gradient du coût par rapport à la réponse v."""
    écart = v - t
    return 2 * écart


def forward_pass(w1, b1, w2, b2, x):
    # couche cachée
    état1 = w1.matmul(x).add(b1)
    cachée = sigma(état1)
    # couche de sortie
    état2 = w2.matmul(cachée).add(b2)
    réponse = sigma(état2)
    return x, état1, cachée, état2, réponse


def backward_pass(w1, b1, w2, b2, cible, x, s1, x1, s2, x2, acc_w1, acc_b1, acc_w2, acc_b2):
    # on remonte le graphe, de la sortie vers l'entrée
    grad_x2 = dloss(x2, cible)
    grad_s2 = grad_x2
    grad_x1 = torch.matmul(grad_s2, w2)
    grad_s1 = grad_x1 * dsigma(s1)
    # puis on accumule
    acc_w2 += torch.outer(grad_s2, x1)
    acc_b2 += grad_s2
    acc_w1 += torch.outer(grad_s1, x)
    acc_b1 += grad_s1


def taux_erreur(paramètres, entrées, cibles):
    """Proportion d'exemples mal classés."""
    fautes = 0
    for entrée, cible in zip(entrées, cibles):
        *_, réponse = forward_pass(*paramètres, entrée)
        if réponse.argmax() != cible.argmax():
            fautes += 1
    return fautes / len(entrées)


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    nb_exemples, nb_entrées = train_input.shape
    nb_classes = train_target.shape[1]
    dzêta, epsilon = 0.9, 1e-6
    pas = 0.1 / nb_exemples
    cibles = dzêta * train_target

    w1 = torch.randn(nb_hidden, nb_entrées).mul_(epsilon)
    b1 = torch.randn(nb_hidden).mul_(epsilon)
    w2 = torch.randn(nb_classes, nb_hidden).mul_(epsilon)
    b2 = torch.randn(nb_classes).mul_(epsilon)

    historique = []
    for étape in range(nb_steps):
        acc = [torch.zeros(p.shape) for p in (w1, b1, w2, b2)]
        coût = 0.0
        for entrée, cible in zip(train_input, cibles):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, entrée)
            backward_pass(w1, b1, w2, b2, cible, x0, s1, x1, s2, x2, *acc)
            coût += loss(x2, cible).item()
        erreur_app = taux_erreur((w1, b1, w2, b2), train_input, cibles)
        erreur_test = taux_erreur((w1, b1, w2, b2), test_input, test_target)
        historique.append((coût, erreur_app, erreur_test))
        # descente
        w1.sub_(pas * acc[0])
        b1.sub_(pas * acc[1])
        w2.sub_(pas * acc[2])
        b2.sub_(pas * acc[3])
    return (w1, b1, w2, b2), historique

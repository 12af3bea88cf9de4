# -*- coding: utf-8 -*-
import torch
import dlc_practical_prologue as prologue

# fonction d'activation
def sigma(x):
    return torch.tanh(x)

# dérivée de tanh : 1 - tanh^2
def dsigma(x):
    y = sigma(x)
    return 1 - y*y

def loss(v, t):
    return torch.norm(v - t).pow(2)

def dloss(v, t):
    return 2*(v-t)

def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    s1 = torch.matmul(w1, x0) + b1
    x1 = sigma(s1)
    s2 = torch.matmul(w2, x1) + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    # on remonte de la sortie vers l'entrée
    dl_dx2 = dloss(x2, t)
    dl_ds2 = torch.mul(dl_dx2, dsigma(s2))
    dl_dx1 = torch.matmul(w2.t(), dl_ds2)
    dl_ds1 = torch.mul(dl_dx1, dsigma(s1))

    dl_dw2.add_(torch.matmul(dl_ds2.view(-1,1), x1.view(1,-1)))
    dl_db2.add_(dl_ds2)
    dl_dw1.add_(torch.matmul(dl_ds1.view(-1,1), x.view(1,-1)))
    dl_db1.add_(dl_ds1)

# chargement des données
entree_train, cible_train, entree_test, cible_test = prologue.load_data(one_hot_labels=True, normalize=True, flatten=True)
cible_train = cible_train * 0.9
cible_test = cible_test * 0.9

epsilon = 1e-6
w1 = torch.zeros(50, 784).normal_(0, epsilon)
b1 = torch.zeros(50).normal_(0, epsilon)
w2 = torch.zeros(10, 50).normal_(0, epsilon)
b2 = torch.zeros(10).normal_(0, epsilon)

eta = 0.1/1000
pas = 0
while pas < 1000:
    # remise à zéro des gradients
    dw1 = torch.zeros(50, 784)
    db1 = torch.zeros(50)
    dw2 = torch.zeros(10, 50)
    db2 = torch.zeros(10)
    perte = 0
    erreurs = 0
    n = 0
    while n < 1000:
        x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, entree_train[n])
        perte = perte + loss(x2, cible_train[n])
        if x2.argmax() != cible_train[n].argmax():
            erreurs = erreurs + 1
        backward_pass(w1, b1, w2, b2, cible_train[n], x0, s1, x1, s2, x2, dw1, db1, dw2, db2)
        n = n + 1
    print("Pas", pas)
    print("  perte d'entraînement :", perte)
    print("  erreur d'entraînement :", erreurs / 10, "%")
    # descente de gradient
    w1 = w1 - eta * dw1
    b1 = b1 - eta * db1
    w2 = w2 - eta * dw2
    b2 = b2 - eta * db2
    erreurs_test = 0
    for n in range(1000):
        sortie = forward_pass(w1, b1, w2, b2, entree_test[n])[4]
        if sortie.argmax() != cible_test[n].argmax():
            erreurs_test = erreurs_test + 1
    print("  erreur de test :", erreurs_test / 10, "%")
    pas += 1

import torch
import dlc_practical_prologue as prologue

def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    return 1 - sigma(x).pow(2)

def loss(v,t):
    return torch.pow(t-v, 2).sum()

def dloss(v,t):
    return 2*v - 2*t

def forward_pass(w1,b1,w2,b2,x):
    x0 = x
    s1 = w1.matmul(x0) + b1
    x1 = sigma(s1)
    s2 = w2.matmul(x1) + b2
    x2 = sigma(s2)
    return x0,s1,x1,s2,x2

def backward_pass(w1,b1,w2,b2,t,x,s1,x1,s2,x2,dl_dw1,dl_db1,dl_dw2,dl_db2):
    # output layer
    dl_dx2 = dloss(x2,t)
    dl_ds2 = dl_dx2*dsigma(s2)
    dl_dw2 += dl_ds2.unsqueeze(1) * x1.unsqueeze(0)
    dl_db2 += dl_ds2
    # hidden layer
    dl_dx1 = w2.t().matmul(dl_ds2)
    dl_ds1 = dl_dx1*dsigma(s1)
    dl_dw1 += dl_ds1.unsqueeze(1) * x.unsqueeze(0)
    dl_db1 += dl_ds1

def descent(params, X, T, eta, nb):
    grads = [torch.empty_like(p) for p in params]
    for _ in range(nb):
        for g in grads:
            g.zero_()
        l,e = 0.,0
        for x,t in zip(X,T):
            x0,s1,x1,s2,x2 = forward_pass(*params,x)
            backward_pass(*params,t,x0,s1,x1,s2,x2,*grads)
            l += loss(x2,t).item()
            e += x2.argmax().item() != t.argmax().item()
        yield l, e/len(X)
        for p,g in zip(params,grads):
            p.sub_(g*eta)

def test_error(params, X, T):
    wrong = [forward_pass(*params,x)[-1].argmax().item() != t.argmax().item() for x,t in zip(X,T)]
    return sum(wrong)/len(wrong)

if __name__ == '__main__':
    train_x,train_t,test_x,test_t = prologue.load_data(one_hot_labels=True,normalize=True)
    train_t,test_t = train_t*0.9,test_t*0.9
    params = [torch.empty(50,784).normal_(0,1e-6),torch.empty(50).normal_(0,1e-6),
              torch.empty(10,50).normal_(0,1e-6),torch.empty(10).normal_(0,1e-6)]
    for k,(l,e) in enumerate(descent(params,train_x,train_t,0.1/len(train_x),1000)):
        print(f"{k:04d} loss {l:.3f} train_err {e:.3f} test_err {test_error(params,test_x,test_t):.3f}")

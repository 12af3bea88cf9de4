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
train_input,train_target,test_input,test_target=prologue.load_data(one_hot_labels=True,normalize=True)
train_target=train_target*0.9; test_target=test_target*0.9
e=1e-6
w1=torch.randn(50,784)*e; b1=torch.randn(50)*e; w2=torch.randn(10,50)*e; b2=torch.randn(10)*e
dw1=torch.zeros(50,784); db1=torch.zeros(50); dw2=torch.zeros(10,50); db2=torch.zeros(10)
lr=1e-4  # 0.1/1000
for s in range(0,1000):
    dw1*=0; db1*=0; dw2*=0; db2*=0
    L=0; ok=0; okt=0
    for i,x in enumerate(train_input):
        x0,s1,x1,s2,x2=forward_pass(w1,b1,w2,b2,x)
        backward_pass(w1,b1,w2,b2,train_target[i],x,s1,x1,s2,x2,dw1,db1,dw2,db2)
        L+=loss(x2,train_target[i]).item()
        if x2.argmax()==train_target[i].argmax(): ok+=1
    for i,x in enumerate(test_input):
        if forward_pass(w1,b1,w2,b2,x)[4].argmax()==test_target[i].argmax(): okt+=1
    print("step",s,"loss",round(L,3),"train err",1-ok/1000,"test err",1-okt/1000)
    w1-=lr*dw1; b1-=lr*db1; w2-=lr*dw2; b2-=lr*db2
